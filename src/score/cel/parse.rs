//! Text -> expression, bounded before the parser sees it.

use std::sync::{Arc, LazyLock};

use ::cel::parser::{Expression, PrattParser};
use ::cel::{Env, ParseErrors};

use super::Wrong;

/// The most bytes of an expression.
pub const EXPRESSION_MAX_BYTES: usize = 1000;
/// How deep brackets may stand in each other.
const DEPTH_MAX: usize = 12;
/// How many operators, dots and brackets may follow each other: the parser's tree grows as deep as a chain of them is long.
const SIGNS_MAX: usize = 200;

/// The functions and types of the language; those that may be used are in the table of calls.
pub(super) static ENV: LazyLock<Arc<Env>> = LazyLock::new(|| {
    let mut env = Env::stdlib().with_optional_support(false);
    // Overloads of another name than the standard ones: there is none to clash with.
    let _ = env.add_extension(::cel::extensions::strings);
    Arc::new(env)
});

/// Parses one expression.
pub(super) fn parse(text: &str) -> Result<Expression, Wrong> {
    bounded(text)?;
    PrattParser::new().max_recursion_depth(4 * DEPTH_MAX as u16).parse(text).map_err(|errors| told(&errors))
}

fn bounded(text: &str) -> Result<(), Wrong> {
    if text.trim().is_empty() {
        return Err(Wrong::new("it is empty", "write when the rule counts, for example 'customer' in item.labels"));
    }
    if text.len() > EXPRESSION_MAX_BYTES {
        let problem = format!("it has {} bytes and may have {EXPRESSION_MAX_BYTES}", text.len());
        return Err(Wrong::new(problem, "make it shorter, or two rules of it"));
    }
    let (depth, signs) = measure(text);
    if depth > DEPTH_MAX {
        let problem = format!("its brackets stand {depth} deep and may stand {DEPTH_MAX} deep");
        return Err(Wrong::new(problem, "take brackets out, or make two rules of it"));
    }
    if signs > SIGNS_MAX {
        let problem = format!("it has {signs} operators, dots and brackets and may have {SIGNS_MAX}");
        return Err(Wrong::new(
            problem,
            "compare with a list (item.kind in ['bug', 'story']), or make two rules of it",
        ));
    }
    Ok(())
}

/// How deep brackets stand in each other, and how many signs there are, texts in quotes aside. Where a quote isn't closed
/// the rest counts as written: the parser may take it for anything.
fn measure(text: &str) -> (usize, usize) {
    let bytes = text.as_bytes();
    let (mut depth, mut deepest, mut signs, mut at) = (0_usize, 0, 0, 0);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\'' | b'"' => {
                if let Some(end) = quoted(bytes, at) {
                    at = end;
                    continue;
                }
            }
            b'(' | b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
                signs += 1;
            }
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b'?' | b'!' | b'<' | b'>' | b'=' | b'&' | b'|' | b'+' | b'-' | b'*' | b'/' | b'%' | b'.' => signs += 1,
            _ => {}
        }
        at += 1;
    }
    (deepest, signs)
}

/// Where a text in quotes ends that begins here: `'…'` on its line, `'''…'''` anywhere, raw behind an `r`. None: nowhere.
fn quoted(bytes: &[u8], from: usize) -> Option<usize> {
    let quote = bytes[from];
    let long = bytes[from..].starts_with(&[quote; 3]);
    let close = if long { &[quote; 3][..] } else { &[quote][..] };
    let raw = from > 0 && matches!(bytes[from - 1], b'r' | b'R');
    let mut at = from + close.len();
    while let Some(byte) = bytes.get(at).filter(|byte| long || **byte != b'\n') {
        if bytes[at..].starts_with(close) {
            return Some(at + close.len());
        }
        at += if *byte == b'\\' && !raw { 2 } else { 1 };
    }
    None
}

/// The parser's first complaint, in one line.
fn told(errors: &ParseErrors) -> Wrong {
    const SAID_MAX_CHARS: usize = 200;
    let next = "write it in CEL, for example 'customer' in item.labels && item.status != 'done'";
    let Some(first) = errors.errors.first() else { return Wrong::new("it is not CEL", next) };
    let said = first.msg.split_whitespace().collect::<Vec<_>>().join(" ");
    let said: String = said.chars().filter(|c| !c.is_control()).take(SAID_MAX_CHARS).collect();
    let (line, column) = first.pos;
    let place =
        if line == 1 { format!("at character {column}") } else { format!("in line {line}, character {column}") };
    Wrong::new(format!("it is not CEL {place}: {said}"), next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_quotes_is_not_counted_and_what_is_not_closed_is() {
        for (text, expected) in [
            ("item.title", (0, 1)),
            ("((1))", (2, 2)),
            ("'((((' == '))))'", (0, 2)),
            (r"'\'((' + '('", (0, 1)),
            ("'(((", (3, 3)),
            (r"r'\' + (('", (2, 3)),
            ("'''it's ((''' + ('''(''')", (1, 2)),
            ("[['a']] == {}", (2, 5)),
        ] {
            assert_eq!(measure(text), expected, "{text}");
        }
    }

    /// Test threads have 2 MB: no more than any thread that reads a configuration or scores.
    #[test]
    fn the_longest_chains_and_the_deepest_brackets_fit_on_a_small_stack() {
        let (depth, signs) = (DEPTH_MAX, SIGNS_MAX);
        for text in [
            format!("1 < {}1", "1+".repeat(signs - 1)),
            format!("{}a", "a.".repeat(signs)),
            format!("{}true", "!".repeat(signs)),
            format!("1 > {}1", "-".repeat(signs - 1)),
            format!("{}true", "true||".repeat(signs / 2)),
            format!("{}true", "true?true:".repeat(signs)),
            format!("{}1", "a?".repeat(signs)),
            format!("a{}", "[0]".repeat(signs)),
            format!("a{}", ".b()".repeat(signs / 2)),
            format!("'a' != {}'a'", "'a'+".repeat(signs - 2)),
            format!("'a' != 'a'{}", ".lowerAscii()".repeat(signs / 2 - 2)),
            format!("{}true{}", "(".repeat(depth), ")".repeat(depth)),
            format!("1 == {}1{}", "int(".repeat(depth), ")".repeat(depth)),
            format!("{}1{}", "[".repeat(depth), "]".repeat(depth)),
            format!("{}1{}", "{1:".repeat(depth), "}".repeat(depth)),
            format!("{}1{}", "a[".repeat(depth), "]".repeat(depth)),
            format!("{}true{}", "!(true?".repeat(depth), ":true)".repeat(depth)),
            format!("{}true{}", "item.labels.all(a, ".repeat(2), ")".repeat(2)),
            "(".repeat(depth),
        ] {
            super::super::fuzzing::cel(text.as_bytes());
        }
    }
}
