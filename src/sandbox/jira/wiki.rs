//! Plain text -> the wiki markup that version 2 of the API serves.

/// The markup for a text of paragraphs, `## ` headings, `- ` lists and code fences.
pub(super) fn markup(text: &str) -> String {
    let mut in_code = false;
    let lines = text.lines().map(|line| {
        if let Some(language) = line.strip_prefix("```") {
            in_code = !in_code;
            return if in_code && !language.is_empty() { format!("{{code:{language}}}") } else { "{code}".to_owned() };
        }
        match (in_code, line.strip_prefix("## "), line.strip_prefix("- ")) {
            (false, Some(title), _) => format!("h2. {title}"),
            (false, _, Some(item)) => format!("* {item}"),
            _ => line.to_owned(),
        }
    });
    lines.collect::<Vec<_>>().join("\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_lists_and_code_become_wiki_markup() {
        let markup = markup("One\n\n## Two\n- a\n```rust\n- b\n```\n");
        assert_eq!(markup, "One\r\n\r\nh2. Two\r\n* a\r\n{code:rust}\r\n- b\r\n{code}");
    }
}
