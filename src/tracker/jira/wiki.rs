//! Wiki markup (Data Center's descriptions) -> Markdown-like plain text, as far as features need it.

/// Bytes of markup that are read; more than Jira's own limit of a description, so only hostile ones are cut.
const BYTES_MAX: usize = 1 << 20;
/// Bytes in which the end of a link, of inline code or of a macro is looked for.
const INLINE_BYTES_MAX: usize = 2048;
/// Macros that enclose code.
const CODE: [&str; 2] = ["code", "noformat"];
/// Macros that only dress what they enclose.
const DRESS: [&str; 12] =
    ["anchor", "color", "column", "expand", "info", "note", "panel", "quote", "section", "status", "tip", "warning"];

/// A description's text.
pub(super) fn text(markup: &str) -> String {
    let end = (0..=markup.len().min(BYTES_MAX)).rev().find(|end| markup.is_char_boundary(*end)).unwrap_or(0);
    let markup = &markup[..end];
    // Where the last one closes: what opens later is never closed. Looked up once, so that each character is read once.
    let lasts = CODE.map(|name| markup.rfind(&format!("{{{name}}}")));
    let (mut out, mut prose_from, mut at) = (String::with_capacity(end), 0, 0);
    while let Some(brace) = markup[at..].find('{').map(|brace| at + brace) {
        at = brace + 1;
        for (name, last) in CODE.into_iter().zip(lasts) {
            let Some((opened, language)) = opening(markup, brace, name) else { continue };
            let close = format!("{{{name}}}");
            let Some(length) = last.filter(|last| *last >= opened).and_then(|_| markup[opened..].find(&close)) else {
                continue;
            };
            prose(&markup[prose_from..brace], &mut out);
            fenced(language, &markup[opened..opened + length], &mut out);
            at = opened + length + close.len();
            prose_from = at;
            break;
        }
    }
    prose(&markup[prose_from..], &mut out);
    out.trim().to_owned()
}

/// Where the code begins and its language, if a macro of this name opens at the brace: `{code}`, `{code:title=a|java}`.
fn opening<'a>(markup: &'a str, brace: usize, name: &str) -> Option<(usize, &'a str)> {
    let behind = markup[brace + 1..].strip_prefix(name)?;
    let begun = brace + 1 + name.len();
    if behind.starts_with('}') {
        return Some((begun + 1, ""));
    }
    let end = near(behind.strip_prefix(':')?, "}")?;
    let parameters = &behind[1..=end];
    let language = parameters.split('|').find(|part| !part.is_empty() && !part.contains('=')).unwrap_or_default();
    (!parameters.contains('\n')).then_some((begun + end + 2, language))
}

fn fenced(language: &str, code: &str, out: &mut String) {
    let fence = if code.contains("```") { "~~~~" } else { "```" };
    fresh_line(out);
    out.push_str(&format!("{fence}{language}\n{}\n{fence}\n", code.trim_matches(['\r', '\n'])));
}

fn fresh_line(out: &mut String) {
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
}

fn prose(text: &str, out: &mut String) {
    for line in text.split_inclusive('\n') {
        // Indentation means nothing in wiki markup, and code in Markdown.
        self::line(line.trim(), out);
        if line.ends_with('\n') {
            out.push('\n');
        }
    }
}

fn line(line: &str, out: &mut String) {
    if let Some((level, title)) = heading(line) {
        out.extend(std::iter::repeat_n('#', level));
        out.push(' ');
        inline(title, out);
    } else if let Some(quoted) = line.strip_prefix("bq. ") {
        out.push_str("> ");
        inline(quoted, out);
    } else if line.len() >= 4 && line.chars().all(|c| c == '-') {
        out.push_str("---");
    } else if let Some((marks, item)) = item(line) {
        out.extend(std::iter::repeat_n("  ", marks.len().min(10) - 1));
        out.push_str(if marks.ends_with('#') { "1. " } else { "- " });
        let ticks =
            [("(/)", "[x] "), ("[x]", "[x] "), ("[X]", "[x] "), ("(x)", "[ ] "), ("[ ]", "[ ] "), ("[]", "[ ] ")];
        let task = ticks.iter().find_map(|(wiki, task)| Some((task, item.strip_prefix(wiki)?)));
        match task.filter(|(_, rest)| rest.is_empty() || rest.starts_with(' ')) {
            Some((task, rest)) => {
                out.push_str(task);
                inline(rest.trim_start(), out);
            }
            None => inline(item, out),
        }
    } else if line.starts_with('|') {
        inline(&line.replace("||", "|"), out);
    } else {
        inline(line, out);
    }
}

/// `h2. Title`
fn heading(line: &str) -> Option<(usize, &str)> {
    let (level, title) = line.strip_prefix('h')?.split_once('.')?;
    let level = level.parse().ok().filter(|level| (1..=6).contains(level))?;
    Some((level, title.trim_start()))
}

/// `* item`, `## item`, `*# item`, `- item`
fn item(line: &str) -> Option<(&str, &str)> {
    let (marks, item) = line.split_once(' ')?;
    let listed = marks.chars().all(|c| matches!(c, '*' | '#')) || marks == "-";
    (listed && !marks.is_empty()).then(|| (marks, item.trim_start()))
}

fn inline(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find(['\\', '{', '[']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let taken = if rest.starts_with('\\') {
            escape(rest, out)
        } else if rest.starts_with('[') {
            link(rest, out)
        } else {
            braces(rest, out)
        };
        // What is no markup stands for itself; all three marks are one byte.
        let taken = taken.unwrap_or_else(|| {
            out.push_str(&rest[..1]);
            1
        });
        rest = &rest[taken..];
    }
    out.push_str(rest);
}

/// `\\` breaks the line; a backslash before markup makes it plain.
fn escape(rest: &str, out: &mut String) -> Option<usize> {
    if rest.starts_with("\\\\") {
        out.push('\n');
        return Some(2);
    }
    let plain = rest[1..].chars().next().filter(|c| "{}[]*#-|!_+^~".contains(*c))?;
    out.push(plain);
    Some(1 + plain.len_utf8())
}

/// `[text|address]`, `[address]`, `[~user]`, `[^attachment]`
fn link(rest: &str, out: &mut String) -> Option<usize> {
    let end = near(&rest[1..], "]")?;
    let inside = &rest[1..=end];
    let is_address = |text: &str| text.contains("://") || text.starts_with("mailto:");
    let mut parts = inside.split('|').map(str::trim);
    match (parts.next()?, parts.next()) {
        (address, None) if is_address(address) => out.push_str(address),
        (text, Some(address)) if text == address => out.push_str(address),
        (text, Some(address)) if is_address(address) => out.push_str(&format!("[{text}]({address})")),
        (text, Some(address)) if address.starts_with(['#', '^', '~']) => out.push_str(text),
        (user, None) if user.starts_with('~') && user.len() > 1 => out.push_str(&format!("@{}", &user[1..])),
        (file, None) if file.starts_with('^') && file.len() > 1 => out.push_str(&file[1..]),
        _ => return None,
    }
    Some(end + 2)
}

/// `{{code}}`, and macros that only dress what they enclose.
fn braces(rest: &str, out: &mut String) -> Option<usize> {
    if let Some(inner) = rest.strip_prefix("{{") {
        let end = near(inner, "}}").filter(|end| *end > 0)?;
        out.push_str(&format!("`{}`", &inner[..end]));
        return Some(end + 4);
    }
    let end = near(&rest[1..], "}")?;
    let name = rest[1..=end].split(':').next().unwrap_or_default();
    DRESS.contains(&name).then_some(end + 2)
}

/// Where the mark stands in the text, if that isn't far: looking farther each time would take too long in all.
fn near(text: &str, mark: &str) -> Option<usize> {
    let far = text.len().min(INLINE_BYTES_MAX);
    let end = (0..=far).rev().find(|end| text.is_char_boundary(*end))?;
    text[..end].find(mark)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Text;

    #[test]
    fn markup_reads_as_plain_text() {
        let markup = "h2. Acceptance criteria\r\nIt *works* for [~ann].\r\n\r\n* one\r\n*# nested\r\n# two\r\n- three\r\n\
            * [ ] open\r\n* (/) ticked\r\n* (x) not yet\r\n\
            {code:title=Main.java|java}\r\nclass Main {}\r\n{code}\r\n||a||b||\r\n|c|{{d}}|\r\nbq. said\r\n----\r\n\
            {color:red}see{color} [here|https://example.org/x] and [https://github.com/acme/api/issues/7]\r\n\
            {noformat}at com.acme.Main{noformat}\r\n[^log.txt] \\{not code} /users/{id} [a|b] h7. no";
        let expected = "## Acceptance criteria\nIt *works* for @ann.\n\n- one\n  1. nested\n1. two\n- three\n\
            - [ ] open\n- [x] ticked\n- [ ] not yet\n\
            ```java\nclass Main {}\n```\n\n|a|b|\n|c|`d`|\n> said\n---\n\
            see [here](https://example.org/x) and https://github.com/acme/api/issues/7\n\
            ```\nat com.acme.Main\n```\n\nlog.txt {not code} /users/{id} [a|b] h7. no";
        assert_eq!(text(markup), expected);
    }

    #[test]
    fn features_and_explicit_lines_are_found_in_it() {
        let markup = "Fails.\n\nGitHub: acme/api#7\n\n    h3. Definition of done\n* [x] a\n* [ ] b\n\n{code}\nGitHub: acme/web#9\n{code}\n";
        let told = Text::of(&text(markup), None);
        assert_eq!((told.explicit, told.mentions), (vec!["acme/api#7".to_owned()], vec!["acme/api#7".to_owned()]));
        assert_eq!((told.code_blocks, told.open_tasks, told.done_tasks, told.acceptance), (1, 1, 1, true));
    }

    #[test]
    fn what_is_never_closed_is_plain_text() {
        for (markup, expected) in [
            ("{code}\nJira: PAY-7", "{code}\nJira: PAY-7"),
            ("{code:java\nx{code}", "{code:java\nx{code}"),
            ("{noformat}a{code}b{noformat}", "```\na{code}b\n```"),
            ("[open", "[open"),
            ("{{open", "{{open"),
            ("\\", "\\"),
            ("", ""),
            ("*", "*"),
        ] {
            assert_eq!(text(markup), expected, "{markup}");
        }
    }

    #[test]
    fn hostile_markup_takes_no_longer_than_its_length_allows() {
        for piece in ["[", "{{", "{code:x}", "{code", "{noformat}", "\\", "{color:", "* ", "é[ü|", "{code}{noformat}"]
        {
            let many = piece.repeat(30_000);
            assert!(text(&many).len() <= 3 * many.len(), "{piece}");
        }
    }
}
