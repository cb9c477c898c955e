//! The words of cleaned HTML, paragraph by paragraph.

use dom_query::{Document, NodeRef};

/// Han characters a reader takes in a minute, and words.
const HAN_PER_MINUTE: usize = 400;
const WORDS_PER_MINUTE: usize = 230;

/// A paragraph shorter than this is a caption or a byline as like as not.
const RUNNING_COLUMNS: usize = 30;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Paragraph {
    pub(super) text: String,
    /// Prose, not a heading, a list or a table.
    pub(super) prose: bool,
}

pub(super) fn paragraphs(html: &str) -> Vec<Paragraph> {
    let document = Document::fragment(html);
    let mut walk = Walk::default();
    walk.children(&document.root(), true);
    walk.end(true);
    walk.done
}

/// The whole text, a blank line between paragraphs.
pub(super) fn joined(paragraphs: &[Paragraph]) -> String {
    paragraphs.iter().map(|p| p.text.as_str()).collect::<Vec<_>>().join("\n\n")
}

/// The prose alone, from the first paragraph that is long enough to be one: what stands
/// before it is bylines, time stamps and captions.
pub(super) fn running(paragraphs: &[Paragraph]) -> String {
    let is_lead = |p: &&Paragraph| p.prose && super::excerpt::columns(&p.text) >= RUNNING_COLUMNS;
    let start = paragraphs.iter().position(|p| is_lead(&p)).unwrap_or(0);
    let mut running = String::new();
    for paragraph in paragraphs.iter().skip(start).filter(|p| p.prose) {
        // Scripts that put no blanks between sentences want none between paragraphs.
        if running.chars().last().is_some_and(|c| !is_wide(c)) {
            running.push(' ');
        }
        running.push_str(&paragraph.text);
    }
    running
}

fn is_wide(c: char) -> bool {
    unicode_width::UnicodeWidthChar::width(c) == Some(2)
}

/// How long a text takes to read; at least a minute.
pub(super) fn minutes(text: &str) -> usize {
    let han = text.chars().filter(|c| super::language::is_cjk(*c)).count();
    let words = text
        .split(|c: char| c.is_whitespace() || super::language::is_cjk(c))
        .filter(|w| w.chars().any(char::is_alphanumeric))
        .count();
    let seconds = han * 60 / HAN_PER_MINUTE + words * 60 / WORDS_PER_MINUTE;
    ((seconds + 30) / 60).max(1)
}

#[derive(Default)]
struct Walk {
    done: Vec<Paragraph>,
    line: String,
}

impl Walk {
    fn children(&mut self, node: &NodeRef<'_>, prose: bool) {
        for child in node.children_it(false) {
            self.node(&child, prose);
        }
    }

    fn node(&mut self, node: &NodeRef<'_>, prose: bool) {
        let Some(name) = node.node_name() else {
            if node.is_text() {
                self.words(&node.text());
            } else {
                self.children(node, prose);
            }
            return;
        };
        match &*name {
            "br" => self.line.push('\n'),
            "p" | "blockquote" | "div" => self.block(node, prose, ""),
            "li" => self.block(node, false, "• "),
            "tr" | "h4" | "h5" | "h6" | "ul" | "ol" | "dl" | "dt" | "dd" | "table" | "pre" | "hr"
            | "figcaption" => {
                self.block(node, false, "");
            }
            "td" | "th" => {
                if !self.line.trim().is_empty() {
                    self.line.push_str(" · ");
                }
                self.children(node, prose);
            }
            _ => self.children(node, prose),
        }
    }

    fn block(&mut self, node: &NodeRef<'_>, prose: bool, mark: &str) {
        self.end(true);
        self.line.push_str(mark);
        self.children(node, prose);
        if self.line == mark {
            self.line.clear();
        }
        self.end(prose);
    }

    /// White space between words is one blank, as a browser would show it.
    fn words(&mut self, text: &str) {
        for c in text.chars() {
            if c.is_whitespace() {
                if !self.line.is_empty() && !self.line.ends_with([' ', '\n']) {
                    self.line.push(' ');
                }
            } else if !c.is_control() {
                self.line.push(c);
            }
        }
    }

    fn end(&mut self, prose: bool) {
        let text = std::mem::take(&mut self.line);
        let lines: Vec<_> = text.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
        if !lines.is_empty() {
            self.done.push(Paragraph { text: lines.join("\n"), prose });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_has_a_line_where_the_page_has_one() {
        let html = "<h4>Part</h4><p>One <b>two</b>\n three<br>four</p><ul><li>a</li><li>b</li></ul><table><tr><td>x</td><td>y</td></tr></table>";
        assert_eq!(joined(&paragraphs(html)), "Part\n\nOne two three\nfour\n\n• a\n\n• b\n\nx · y");
    }

    #[test]
    fn reading_takes_as_long_in_characters_as_in_words() {
        assert_eq!(minutes(""), 1);
        assert_eq!(minutes(&"字".repeat(4000)), 10);
        assert_eq!(minutes(&"word ".repeat(2300)), 10);
    }
}
