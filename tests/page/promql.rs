//! PromQL -> the metrics and labels that it names. Not its whole grammar: what a dashboard of ours may use, and a panic at
//! everything else.

use std::collections::BTreeSet;

/// Functions and aggregations that may be used.
const FUNCTIONS: [&str; 13] = [
    "absent",
    "clamp_min",
    "count",
    "delta",
    "histogram_quantile",
    "increase",
    "label_values",
    "max",
    "max_over_time",
    "min",
    "rate",
    "sum",
    "time",
];
/// Words that labels in brackets come after.
const LISTS: [&str; 6] = ["by", "without", "on", "ignoring", "group_left", "group_right"];
const OPERATORS: [&str; 4] = ["and", "or", "unless", "bool"];

/// What an expression names.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// Each metric, and each label that is matched on it.
    pub metrics: BTreeSet<(String, Option<String>)>,
    /// Labels by which it groups or joins.
    pub labels: BTreeSet<String>,
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Sign(char),
}

/// What an expression names; a sentence where it can't be read.
pub fn named(expression: &str) -> Result<Named, String> {
    let tokens = tokens(expression)?;
    let mut named = Named::default();
    let mut open = Vec::new();
    let mut metric: Option<String> = None;
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let next = tokens.get(at + 1);
        match token {
            Token::Word(word) if LISTS.contains(&word.as_str()) => {
                let end = end_of_list(&tokens, at + 1)?;
                let words = tokens[at + 2..end].iter().filter_map(|token| match token {
                    Token::Word(word) => Some(word.clone()),
                    _ => None,
                });
                named.labels.extend(words);
                at = end;
            }
            Token::Word(word) if next == Some(&Token::Sign('(')) => {
                if !FUNCTIONS.contains(&word.as_str()) {
                    return Err(format!("{word} is no function that is known here"));
                }
            }
            Token::Word(word)
                if FUNCTIONS.contains(&word.as_str())
                    && matches!(next, Some(Token::Word(list)) if LISTS.contains(&list.as_str())) => {}
            Token::Word(word) if OPERATORS.contains(&word.as_str()) || word.parse::<f64>().is_ok() => {}
            Token::Word(word) if word.starts_with(|c: char| c.is_ascii_alphabetic()) => {
                named.metrics.insert((word.clone(), None));
                metric = Some(word.clone());
            }
            Token::Word(word) => return Err(format!("{word} is neither a number nor a name")),
            Token::Text(_) => return Err("a text outside of a matcher".to_owned()),
            Token::Sign('{') => {
                let of = metric.take().ok_or("matchers without a metric")?;
                at = matchers(&tokens, at, &of, &mut named)?;
            }
            Token::Sign('[') => {
                at += tokens[at..].iter().position(|token| *token == Token::Sign(']')).ok_or("[ without ]")?;
            }
            Token::Sign('(') => open.push('('),
            Token::Sign(')') => {
                open.pop().ok_or(") without (")?;
            }
            Token::Sign('+' | '-' | '*' | '/' | '>' | '<' | '=' | '!' | ',' | '%') => {}
            Token::Sign(sign) => return Err(format!("{sign} where nothing of the kind may be")),
        }
        at += 1;
    }
    if open.is_empty() { Ok(named) } else { Err("( without )".to_owned()) }
}

fn end_of_list(tokens: &[Token], from: usize) -> Result<usize, String> {
    if tokens.get(from) != Some(&Token::Sign('(')) {
        return Err("labels stand in brackets".to_owned());
    }
    let end = tokens[from..].iter().position(|token| *token == Token::Sign(')')).ok_or("( without )")?;
    Ok(from + end)
}

/// Reads `{label="value",…}` and answers where it ends.
fn matchers(tokens: &[Token], from: usize, metric: &str, named: &mut Named) -> Result<usize, String> {
    let end = from + tokens[from..].iter().position(|token| *token == Token::Sign('}')).ok_or("{ without }")?;
    for matcher in tokens[from + 1..end].split(|token| *token == Token::Sign(',')) {
        match matcher {
            [Token::Word(label), Token::Sign('='), Token::Text(_)]
            | [Token::Word(label), Token::Sign('='), Token::Sign('~'), Token::Text(_)]
            | [Token::Word(label), Token::Sign('!'), Token::Sign('=' | '~'), Token::Text(_)] => {
                named.metrics.insert((metric.to_owned(), Some(label.clone())));
            }
            _ => return Err(format!("{matcher:?} matches no label")),
        }
    }
    Ok(end)
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c.is_whitespace() {
            continue;
        }
        let part_of_word = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '.' | '$');
        if part_of_word(&c) {
            let mut word = c.to_string();
            while let Some(more) = chars.next_if(part_of_word) {
                word.push(more);
            }
            tokens.push(Token::Word(word));
        } else if c == '"' {
            let text: String = chars.by_ref().take_while(|c| *c != '"').collect();
            tokens.push(Token::Text(text));
        } else if "(){}[],+-*/%<>=!~".contains(c) {
            tokens.push(Token::Sign(c));
        } else {
            return Err(format!("{c} is nothing that is known here"));
        }
    }
    Ok(tokens)
}

#[test]
fn what_an_expression_names_is_found_and_what_is_none_is_refused() {
    let text = r#"sum by (le, stage) (rate(a_bucket{job="x", stage!~"y|z"}[5m])) / on (tracker) b > bool 0.5"#;
    let found = named(text).expect("an expression");
    let metric = |name: &str, label: Option<&str>| (name.to_owned(), label.map(str::to_owned));
    let metrics = [
        metric("a_bucket", None),
        metric("a_bucket", Some("job")),
        metric("a_bucket", Some("stage")),
        metric("b", None),
    ];
    assert_eq!(found.metrics, metrics.into());
    assert_eq!(found.labels, ["le", "stage", "tracker"].map(str::to_owned).into());
    for wrong in
        ["sum(a", "sum a)", "a{b}", "a[5m", "nonsense(a)", "by a", "\"text\"", "a{b=\"c\"", "a ; b", "{b=\"c\"}"]
    {
        assert!(named(wrong).is_err(), "{wrong}: {:?}", named(wrong));
    }
}
