//! Text of trackers -> text that is safe to show beside other text.

use crate::model::turns_direction;

/// A text without control characters, cut to a width in characters.
pub fn fit(text: &str, width: usize) -> String {
    let clean = text.chars().map(|c| if c.is_control() || turns_direction(c) { ' ' } else { c });
    let mut kept: Vec<char> = clean.take(width + 1).collect();
    if kept.len() > width {
        kept.truncate(width.saturating_sub(1));
        kept.push('…');
    }
    kept.into_iter().collect()
}

/// An address of the web, and nothing that a browser would run.
pub(super) fn outside(url: &str) -> Option<&str> {
    (url.starts_with("https://") || url.starts_with("http://")).then_some(url)
}

/// The page's path of an item, by a key or id; slashes and colons stay readable.
pub(super) fn item_path(name: &str) -> String {
    let mut path = "/items/".to_owned();
    for byte in name.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' | b':' => {
                path.push(char::from(byte))
            }
            _ => path.push_str(&format!("%{byte:02X}")),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::{fit, item_path, outside};

    #[test]
    fn a_long_text_is_cut_on_a_character() {
        assert_eq!(fit("žluťoučký", 5), "žluť…");
        assert_eq!(fit("ab", 5), "ab");
    }

    #[test]
    fn control_and_direction_marks_are_blanked() {
        assert_eq!(fit("a\u{1b}[31m\u{202e}b", 20), "a [31m b");
    }

    #[test]
    fn only_the_web_is_linked_to() {
        assert_eq!(outside("https://acme.example/1"), Some("https://acme.example/1"));
        assert_eq!(outside("javascript:alert(1)"), None);
    }

    #[test]
    fn the_path_of_an_item_keeps_its_key_readable() {
        assert_eq!(item_path("github:acme/api#7"), "/items/github:acme/api%237");
        assert_eq!(item_path("jira:PAY-7"), "/items/jira:PAY-7");
        assert_eq!(item_path("a b?c%é"), "/items/a%20b%3Fc%25%C3%A9");
    }
}
