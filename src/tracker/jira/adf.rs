//! A rich-text document (ADF) -> Markdown-like plain text, as far as features need it.

use serde_json::Value;

/// Nesting that is followed; deeper content is left out.
const DEPTH_MAX: usize = 60;
/// Bytes of text; more than Jira's own limit of a description, so only hostile ones are cut.
pub(super) const TEXT_BYTES_MAX: usize = 1 << 20;

/// A description's text: of a document, or of a string (older texts).
pub(super) fn text(description: &Value) -> String {
    match description {
        Value::String(text) => text.clone(),
        document => {
            let mut out = Out::default();
            out.node(document, 0, false);
            out.text.trim().to_owned()
        }
    }
}

#[derive(Default)]
struct Out {
    text: String,
}

impl Out {
    /// `in_item`: within a list item, whose paragraphs aren't set apart by empty lines.
    fn node(&mut self, node: &Value, depth: usize, in_item: bool) {
        if depth > DEPTH_MAX || self.is_full() {
            return;
        }
        let attribute = |name: &str| node.get("attrs").and_then(|attrs| attrs.get(name)).and_then(Value::as_str);
        match node.get("type").and_then(Value::as_str).unwrap_or_default() {
            "text" => self.run(node),
            "hardBreak" => self.push("\n"),
            "heading" => {
                self.fresh_line();
                let level = node.pointer("/attrs/level").and_then(Value::as_u64).unwrap_or(1).clamp(1, 6);
                self.push(&"######"[..usize::try_from(level).unwrap_or(1)]);
                self.push(" ");
                self.children(node, depth, in_item);
                self.push("\n");
            }
            "codeBlock" => {
                self.fresh_line();
                self.push("```");
                self.push(attribute("language").unwrap_or_default());
                self.push("\n");
                self.children(node, depth, in_item);
                self.fresh_line();
                self.push("```\n");
            }
            "bulletList" => self.list(node, depth, |_| "- ".to_owned()),
            "orderedList" => self.list(node, depth, |index| format!("{}. ", index + 1)),
            "taskItem" | "blockTaskItem" => {
                let done = attribute("state") == Some("DONE");
                self.item(node, depth, if done { "- [x] " } else { "- [ ] " });
            }
            "decisionItem" => self.item(node, depth, "- "),
            "mention" => self.push(attribute("text").unwrap_or("@someone")),
            "emoji" => self.push(attribute("text").or(attribute("shortName")).unwrap_or_default()),
            "status" => self.push(attribute("text").unwrap_or_default()),
            "inlineCard" | "blockCard" | "embedCard" => {
                self.push(attribute("url").unwrap_or_default());
                self.push(" ");
            }
            "rule" => {
                self.fresh_line();
                self.push("---\n");
            }
            "tableRow" => {
                self.fresh_line();
                self.push("|");
                self.children(node, depth, in_item);
                self.push("\n");
            }
            "tableCell" | "tableHeader" => {
                let cell = self.apart(node, depth);
                self.push(&format!(" {} |", cell.replace('\n', " ").trim()));
            }
            "paragraph" => {
                if !in_item {
                    self.fresh_line();
                }
                self.children(node, depth, in_item);
                self.fresh_line();
                if !in_item {
                    self.push("\n");
                }
            }
            _ => self.children(node, depth, in_item),
        }
    }

    fn run(&mut self, node: &Value) {
        let text = node.get("text").and_then(Value::as_str).unwrap_or_default();
        let marks = node.get("marks").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let link = marks.iter().find_map(|mark| mark.pointer("/attrs/href").and_then(Value::as_str));
        let code = marks.iter().any(|mark| mark.get("type").and_then(Value::as_str) == Some("code"));
        match link {
            Some(link) if link == text => self.push(text),
            Some(link) => self.push(&format!("[{text}]({link})")),
            None if code => self.push(&format!("`{text}`")),
            None => self.push(text),
        }
    }

    fn children(&mut self, node: &Value, depth: usize, in_item: bool) {
        for child in content(node) {
            self.node(child, depth + 1, in_item);
        }
    }

    fn list(&mut self, node: &Value, depth: usize, bullet: impl Fn(usize) -> String) {
        for (index, item) in content(node).iter().enumerate() {
            self.item(item, depth + 1, &bullet(index));
        }
    }

    /// An item: its bullet, its text, and what is nested in it moved in.
    fn item(&mut self, node: &Value, depth: usize, bullet: &str) {
        if self.is_full() {
            return;
        }
        self.fresh_line();
        let mut inner = Self::default();
        inner.children(node, depth, true);
        self.push(bullet);
        for (index, line) in inner.text.trim().lines().enumerate() {
            if index > 0 {
                self.push("  ");
            }
            self.push(line);
            self.push("\n");
        }
        self.fresh_line();
    }

    /// Adds what there is room for: a level of indentation before each of many short lines would be a multiple of the document.
    fn push(&mut self, text: &str) {
        let end = text.floor_char_boundary(TEXT_BYTES_MAX.saturating_sub(self.text.len()));
        self.text.push_str(&text[..end]);
    }

    fn is_full(&self) -> bool {
        self.text.len() >= TEXT_BYTES_MAX
    }

    fn apart(&self, node: &Value, depth: usize) -> String {
        let mut inner = Self::default();
        inner.children(node, depth, false);
        inner.text
    }

    fn fresh_line(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.push("\n");
        }
    }
}

fn content(node: &Value) -> &[Value] {
    node.get("content").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn paragraph(text: &str) -> Value {
        json!({"type": "paragraph", "content": [{"type": "text", "text": text}]})
    }

    #[test]
    fn a_document_reads_as_plain_text() {
        let document = json!({"type": "doc", "version": 1, "content": [
            {"type": "heading", "attrs": {"level": 2}, "content": [{"type": "text", "text": "Acceptance criteria"}]},
            paragraph("It works."),
            {"type": "bulletList", "content": [
                {"type": "listItem", "content": [paragraph("one"), {"type": "orderedList", "content": [
                    {"type": "listItem", "content": [paragraph("nested")]}]}]},
                {"type": "listItem", "content": [paragraph("two")]}]},
            {"type": "taskList", "content": [
                {"type": "taskItem", "attrs": {"state": "TODO"}, "content": [{"type": "text", "text": "open"}]},
                {"type": "taskItem", "attrs": {"state": "DONE"}, "content": [{"type": "text", "text": "ticked"}]}]},
            {"type": "codeBlock", "attrs": {"language": "rust"}, "content": [{"type": "text", "text": "fn main() {}"}]},
            {"type": "table", "content": [{"type": "tableRow", "content": [
                {"type": "tableHeader", "content": [paragraph("a")]}, {"type": "tableCell", "content": [paragraph("b")]}]}]},
            {"type": "paragraph", "content": [
                {"type": "mention", "attrs": {"id": "1", "text": "@ann"}},
                {"type": "hardBreak"},
                {"type": "text", "text": "here", "marks": [{"type": "link", "attrs": {"href": "https://example.org/x"}}]},
                {"type": "inlineCard", "attrs": {"url": "https://github.com/acme/api/issues/7"}}]}]});
        let expected = "## Acceptance criteria\nIt works.\n\n- one\n  1. nested\n- two\n- [ ] open\n- [x] ticked\n\
            ```rust\nfn main() {}\n```\n| a | b |\n@ann\n[here](https://example.org/x)https://github.com/acme/api/issues/7";
        assert_eq!(text(&document), expected);
    }

    #[test]
    fn a_string_stays_as_it_is_and_nothing_is_nothing() {
        assert_eq!(text(&json!("h2. Old text")), "h2. Old text");
        for nothing in [json!(null), json!(7), json!([]), json!({"type": 7, "content": "x"})] {
            assert_eq!(text(&nothing), "");
        }
    }

    #[test]
    fn hostile_nesting_is_cut_and_does_no_harm() {
        let mut document = paragraph("deep");
        for _ in 0..100 {
            document = json!({"type": "bulletList", "content": [{"type": "listItem", "content": [document]}]});
        }
        assert!(!text(&document).contains("deep"));
        let wide = json!({"type": "doc", "content": vec![paragraph(&"x".repeat(1000)); 5000]});
        assert!(text(&wide).len() <= TEXT_BYTES_MAX);
        let mut steps = paragraph(&"x\n".repeat(300_000));
        for _ in 0..25 {
            steps = json!({"type": "bulletList", "content": [{"type": "listItem", "content": [steps]}]});
        }
        assert!((TEXT_BYTES_MAX / 2..=TEXT_BYTES_MAX).contains(&text(&steps).len()), "indentation counts");
    }
}
