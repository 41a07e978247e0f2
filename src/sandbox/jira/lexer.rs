//! JQL text -> words, strings and signs.

/// A piece of a query and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub piece: Piece,
    at: usize,
}

/// What kind of piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Word(String),
    Text(String),
    Sign(&'static str),
}

/// Signs, longer ones first.
const SIGNS: [&str; 14] = [">=", "<=", "!=", "!~", "&&", "||", "=", ">", "<", "~", "!", "(", ")", ","];

impl Token {
    pub(super) fn is_word(&self, word: &str) -> bool {
        matches!(&self.piece, Piece::Word(text) if text.eq_ignore_ascii_case(word))
    }

    pub(super) fn is_sign(&self, sign: &str) -> bool {
        matches!(self.piece, Piece::Sign(own) if own == sign)
    }

    /// Jira's sentence for a token that doesn't belong where it stands.
    pub(super) fn refused(&self, why: &str) -> String {
        let text = match &self.piece {
            Piece::Word(text) | Piece::Text(text) => text,
            Piece::Sign(sign) => *sign,
        };
        format!("Error in the JQL Query: Unexpected '{text}' - {why}. (line 1, character {})", self.at + 1)
    }
}

/// The pieces of a query, or Jira's sentence about what can't be read.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let at = text.len() - rest.len();
        if first.is_whitespace() {
            rest = &rest[first.len_utf8()..];
        } else if first == '"' || first == '\'' {
            let (string, length) = quoted(rest, first, at)?;
            found.push(Token { piece: Piece::Text(string), at });
            rest = &rest[length..];
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            found.push(Token { piece: Piece::Sign(sign), at });
            rest = &rest[sign.len()..];
        } else {
            let length = rest.find(|c: char| c.is_whitespace() || "\"'=!<>~(),&|".contains(c)).unwrap_or(rest.len());
            if length == 0 {
                return Err(format!(
                    "Error in the JQL Query: The character '{first}' is a reserved JQL character. (line 1, character {})",
                    at + 1
                ));
            }
            found.push(Token { piece: Piece::Word(rest[..length].to_owned()), at });
            rest = &rest[length..];
        }
    }
    Ok(found)
}

/// The string that starts with this quote, and how many bytes it takes with its quotes.
fn quoted(rest: &str, quote: char, at: usize) -> Result<(String, usize), String> {
    let mut string = String::new();
    let mut letters = rest.char_indices().skip(1);
    while let Some((place, letter)) = letters.next() {
        match letter {
            '\\' => string.extend(letters.next().map(|(_, escaped)| escaped)),
            _ if letter == quote => return Ok((string, place + 1)),
            _ => string.push(letter),
        }
    }
    Err(format!("Error in the JQL Query: The quoted string has not been completed. (line 1, character {})", at + 1))
}
