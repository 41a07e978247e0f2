//! Plain text -> the Atlassian Document Format that version 3 of the API serves.

use serde_json::{Value, json};

/// The document for a text of paragraphs, `- ` lists and code fences.
pub(super) fn document(text: &str) -> Value {
    let mut content = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let code: Vec<_> = lines.by_ref().take_while(|line| !line.starts_with("```")).collect();
            content.push(code_block(language, &code.join("\n")));
        } else if line.starts_with("- ") {
            let mut items = vec![line];
            while let Some(next) = lines.next_if(|line| line.starts_with("- ")) {
                items.push(next);
            }
            content.push(list(&items));
        } else if let Some(title) = line.strip_prefix("## ") {
            content.push(json!({"type": "heading", "attrs": {"level": 2}, "content": [text_node(title)]}));
        } else if !line.trim().is_empty() {
            let mut words = vec![line];
            while let Some(next) =
                lines.next_if(|line| !line.trim().is_empty() && !line.starts_with("- ") && !line.starts_with("```"))
            {
                words.push(next);
            }
            content.push(paragraph(&words));
        }
    }
    json!({"type": "doc", "version": 1, "content": content})
}

fn text_node(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

/// Lines of one paragraph, parted by hard breaks.
fn paragraph(lines: &[&str]) -> Value {
    let mut content = Vec::new();
    for line in lines {
        if !content.is_empty() {
            content.push(json!({"type": "hardBreak"}));
        }
        content.push(text_node(line));
    }
    json!({"type": "paragraph", "content": content})
}

fn code_block(language: &str, code: &str) -> Value {
    let attrs = if language.is_empty() { json!({}) } else { json!({"language": language}) };
    let content = if code.is_empty() { Vec::new() } else { vec![text_node(code)] };
    json!({"type": "codeBlock", "attrs": attrs, "content": content})
}

fn list(items: &[&str]) -> Value {
    let item = |line: &&str| json!({"type": "listItem", "content": [paragraph(&[line.trim_start_matches("- ")])]});
    json!({"type": "bulletList", "content": items.iter().map(item).collect::<Vec<_>>()})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_lists_and_code_keep_their_kind() {
        let doc = document("One\nline\n\n- a\n- b\n\n```rust\nfn main() {}\n```\n");
        let kinds: Vec<_> =
            doc["content"].as_array().into_iter().flatten().map(|block| block["type"].clone()).collect();
        assert_eq!(kinds, ["paragraph", "bulletList", "codeBlock"]);
        assert_eq!(doc["content"][2]["attrs"]["language"], "rust");
    }
}
