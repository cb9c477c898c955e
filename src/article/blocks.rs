//! An article's body as a mail can show it. What has no place in these types, no article
//! has: scripts, styles, forms and frames are gone not because a list forbids them but
//! because there is nothing to hold them. Text is kept as flat spans, so that no nesting
//! of links and emphasis is ever unbalanced, and the same words have one form only.

use std::rc::Rc;

/// A line of text, in pieces that look alike.
pub(super) type Line = Vec<Span>;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Block {
    Paragraph(Paragraph),
    /// Level 4 to 6: in a mail, the title of a story is an h3.
    Heading(u8, Line),
    List {
        /// Of each item; None for bullets.
        numbers: Option<Vec<i32>>,
        items: Vec<Vec<Block>>,
    },
    /// Terms (true) and what they mean.
    Terms(Vec<(bool, Vec<Block>)>),
    Quote(Vec<Block>),
    /// White space counts.
    Verbatim(Line),
    Table(Vec<Vec<Cell>>),
    Figure(Picture, Line),
    Rule,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Paragraph {
    pub(super) line: Line,
    /// The page set it as small print: a caption, if it follows a picture.
    pub(super) small: bool,
}

/// Text of one look. In it, `\n` is a line break.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Span {
    pub(super) text: String,
    pub(super) link: Option<Rc<str>>,
    pub(super) styles: Styles,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Styles(u8);

impl Styles {
    pub(super) const STRONG: Self = Self(1);
    pub(super) const EMPHASIS: Self = Self(2);
    pub(super) const STRUCK: Self = Self(4);
    pub(super) const SUBSCRIPT: Self = Self(8);
    pub(super) const SUPERSCRIPT: Self = Self(16);
    pub(super) const CODE: Self = Self(32);

    /// With their elements, outermost first.
    pub(super) const ALL: [(Self, &str); 6] = [
        (Self::STRONG, "strong"),
        (Self::EMPHASIS, "em"),
        (Self::STRUCK, "s"),
        (Self::SUBSCRIPT, "sub"),
        (Self::SUPERSCRIPT, "sup"),
        (Self::CODE, "code"),
    ];

    pub(super) fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(super) fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Cell {
    pub(super) heading: bool,
    pub(super) columns: u8,
    pub(super) rows: u8,
    pub(super) line: Line,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Picture {
    pub(super) url: String,
    pub(super) alt: String,
    /// Pixels, no more than a mail is wide.
    pub(super) width: Option<u32>,
    pub(super) height: Option<u32>,
}

impl Block {
    pub(super) fn paragraph(line: Line) -> Self {
        Self::Paragraph(Paragraph { line, small: false })
    }

    /// The line of a paragraph or heading.
    pub(super) fn line(&self) -> Option<&Line> {
        match self {
            Self::Paragraph(paragraph) => Some(&paragraph.line),
            Self::Heading(_, line) => Some(line),
            _ => None,
        }
    }

    /// Every line inside, in order.
    pub(super) fn lines(&self) -> Vec<&Line> {
        match self {
            Self::Paragraph(Paragraph { line, .. })
            | Self::Heading(_, line)
            | Self::Verbatim(line)
            | Self::Figure(_, line) => vec![line],
            Self::List { items, .. } => items.iter().flatten().flat_map(Self::lines).collect(),
            Self::Terms(terms) => terms.iter().flat_map(|(_, blocks)| blocks).flat_map(Self::lines).collect(),
            Self::Quote(blocks) => blocks.iter().flat_map(Self::lines).collect(),
            Self::Table(rows) => rows.iter().flatten().map(|cell| &cell.line).collect(),
            Self::Rule => Vec::new(),
        }
    }

    /// Its own lines, not those of the blocks in it.
    pub(super) fn own_lines(&mut self) -> Vec<&mut Line> {
        match self {
            Self::Paragraph(Paragraph { line, .. })
            | Self::Heading(_, line)
            | Self::Verbatim(line)
            | Self::Figure(_, line) => vec![line],
            Self::Table(rows) => rows.iter_mut().flatten().map(|cell| &mut cell.line).collect(),
            Self::List { .. } | Self::Terms(_) | Self::Quote(_) | Self::Rule => Vec::new(),
        }
    }

    pub(super) fn text(&self) -> String {
        self.lines().into_iter().map(|line| text(line)).collect::<Vec<_>>().join("\n")
    }

    /// Whether nothing is left in it; items that are empty are taken out.
    pub(super) fn is_hollow(&mut self) -> bool {
        match self {
            Self::List { numbers, items } => {
                let mut kept = items.iter().map(|item| !item.is_empty());
                if let Some(numbers) = numbers {
                    numbers.retain(|_| kept.next().unwrap_or_default());
                }
                items.retain(|item| !item.is_empty());
                items.is_empty()
            }
            Self::Terms(terms) => {
                terms.retain(|(_, blocks)| !blocks.is_empty());
                terms.is_empty()
            }
            Self::Quote(blocks) => blocks.is_empty(),
            _ => false,
        }
    }

    /// Every list of blocks inside, this block's own children first.
    pub(super) fn children(&mut self) -> Vec<&mut Vec<Block>> {
        match self {
            Self::List { items, .. } => items.iter_mut().collect(),
            Self::Terms(terms) => terms.iter_mut().map(|(_, blocks)| blocks).collect(),
            Self::Quote(blocks) => vec![blocks],
            _ => Vec::new(),
        }
    }
}

/// Headings from level 4 down without gaps; no rule first, last, or after another.
pub(super) fn finish(all: &mut Vec<Block>) {
    let mut levels = Vec::new();
    visit(all, &mut |block| {
        if let Block::Heading(level, _) = block {
            levels.push(*level);
        }
    });
    levels.sort_unstable();
    levels.dedup();
    visit(all, &mut |block| {
        if let Block::Heading(level, _) = block {
            let rank = levels.iter().position(|l| l == level).unwrap_or_default();
            *level = (rank + 4).min(6) as u8;
        }
    });
    all.dedup_by(|a, b| matches!((a, b), (Block::Rule, Block::Rule)));
    while matches!(all.first(), Some(Block::Rule)) {
        all.remove(0);
    }
    while matches!(all.last(), Some(Block::Rule)) {
        all.pop();
    }
}

pub(super) fn visit(all: &mut [Block], see: &mut impl FnMut(&mut Block)) {
    for block in all {
        see(block);
        block.children().into_iter().for_each(|children| visit(children, see));
    }
}

pub(super) fn text(line: &[Span]) -> String {
    line.iter().map(|span| span.text.as_str()).collect()
}

/// Whether a reader sees anything of it.
pub(super) fn is_blank(line: &[Span]) -> bool {
    line.iter().all(|span| span.text.chars().all(is_space))
}

/// White space, and what only looks like a character.
pub(super) fn is_space(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '\u{200b}' | '\u{200c}' | '\u{200d}' | '\u{2060}' | '\u{feff}' | '\u{ad}')
}

/// The line as its readers see it: white space collapsed as a browser would, nothing at
/// its ends, neighbours of one look joined.
pub(super) fn tidy(line: Line) -> Line {
    let mut out: Line = Vec::with_capacity(line.len());
    let mut gap: Option<Gap> = None;
    for span in line {
        let mut words = String::with_capacity(span.text.len());
        let mut piece = Span { text: String::new(), ..span };
        for c in span.text.chars() {
            if c == '\u{3000}' && (out.is_empty() && words.is_empty() || matches!(gap, Some(Gap::Break))) {
                // The indent of a paragraph.
            } else if let Some(wider) = Gap::of(c, gap) {
                gap = Some(wider);
            } else {
                if let Some(gap) = gap.take().filter(|_| !(out.is_empty() && words.is_empty())) {
                    // The gap belongs to what stands before it, unless that is a link's end.
                    let at_start = words.is_empty();
                    match out.last_mut().filter(|last| at_start && last.link.is_none()) {
                        Some(last) => last.text.push(gap.char()),
                        None if at_start && piece.link.is_some() => {
                            out.push(Span { text: gap.char().into(), ..Span::default() });
                        }
                        None => words.push(gap.char()),
                    }
                }
                words.push(c);
            }
        }
        if !words.is_empty() {
            piece.text = words;
            push(&mut out, piece);
        }
    }
    while let Some(last) = out.last_mut() {
        let kept = last.text.trim_end_matches(is_space).len();
        last.text.truncate(kept);
        if kept > 0 {
            break;
        }
        out.pop();
    }
    out
}

pub(super) fn push(line: &mut Line, span: Span) {
    match line.last_mut() {
        Some(last) if last.link == span.link && last.styles == span.styles => last.text.push_str(&span.text),
        _ => line.push(span),
    }
}

/// What separates two words.
#[derive(Clone, Copy)]
enum Gap {
    Blank,
    /// A single no-break space, which French sets before its marks.
    NoBreak,
    Break,
}

impl Gap {
    fn of(c: char, before: Option<Self>) -> Option<Self> {
        match (c, before) {
            ('\n', _) => Some(Self::Break),
            (c, Some(Self::Break)) if c.is_whitespace() && c != '\u{3000}' => Some(Self::Break),
            ('\u{a0}' | '\u{202f}', None) => Some(Self::NoBreak),
            (c, _) if c.is_whitespace() && c != '\u{3000}' => Some(Self::Blank),
            _ => None,
        }
    }

    fn char(self) -> char {
        match self {
            Self::Blank => ' ',
            Self::NoBreak => '\u{a0}',
            Self::Break => '\n',
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(text: &str, link: Option<&str>) -> Span {
        Span { text: text.into(), link: link.map(Into::into), styles: Styles::default() }
    }

    #[test]
    fn white_space_is_what_a_browser_makes_of_it() {
        let tidied = |text: &str| text_of(vec![span(text, None)]);
        assert_eq!(tidied("  a \t b\u{a0}"), "a b");
        assert_eq!(tidied("趋严峻\u{a0}\u{a0}单日"), "趋严峻 单日");
        assert_eq!(tidied("Quoi\u{a0}?"), "Quoi\u{a0}?");
        assert_eq!(tidied("　　渡轮　公司\n　　改班"), "渡轮　公司\n改班");
        assert_eq!(tidied("one \n two"), "one\ntwo");
    }

    fn text_of(line: Line) -> String {
        text(&tidy(line))
    }

    #[test]
    fn a_gap_stands_outside_a_link_and_tidying_twice_changes_nothing() {
        let line = vec![span("see", None), span(" the page ", Some("https://a.example/")), span("now", None)];
        let tidied = tidy(line);
        assert_eq!(tidied.iter().map(|s| s.text.as_str()).collect::<Vec<_>>(), ["see ", "the page", " now"]);
        assert_eq!(tidy(tidied.clone()), tidied);
    }
}
