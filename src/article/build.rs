//! From a page's HTML to [`Block`]s: the one place that walks a document. What it does not
//! know it looks through, so that unknown elements leave their words.

use std::rc::Rc;

use dom_query::{Document, Matcher, NodeRef};
use url::Url;

use super::blocks::{self, Block, Cell, Line, Paragraph, Span, Styles, is_blank, tidy};
use super::links::{self, LinkTarget};
use super::{bounds, formula, junk, pictures, players};

/// Quotes in quotes in lists: deeper than this nobody can follow, and mail programs do not.
const MAX_DEPTH: u8 = 10;
/// A cell that spans more columns than this is a mistake.
const MAX_SPAN: u8 = 20;
/// What is left of a line whose share buttons are gone: "Share:".
const SHARE_LABEL_COLUMNS: usize = 24;

/// The blocks of a document. `remove` are selectors of what its owner does not want.
pub(super) fn build(html: &str, base: Option<&Url>, remove: &[String]) -> Vec<Block> {
    let html = bounds::bounded(html);
    let document = Document::fragment(html.as_ref());
    for matcher in remove.iter().filter_map(|selector| Matcher::new(selector).ok()) {
        for node in document.select_matcher(&matcher).nodes() {
            node.remove_from_parent();
        }
    }
    let builder = Builder { base };
    builder.blocks(&document.html_root(), &InlineContext::default())
}

/// Whether a CSS selector can be understood.
pub fn is_selector(selector: &str) -> bool {
    Matcher::new(selector).is_ok()
}

/// What the elements around a piece of text make of it.
#[derive(Clone, Default)]
struct InlineContext {
    link: Option<Rc<str>>,
    styles: Styles,
    small: bool,
    verbatim: bool,
    depth: u8,
}

/// Blocks in the making.
#[derive(Default)]
struct BlockBuilder {
    done: Vec<Block>,
    line: Line,
    /// Whether there was text in `line` that is not small print.
    full_size: bool,
    /// Pictures met inside `line`: a sentence is not torn apart for them.
    pictures: Vec<Block>,
    /// Share buttons left out of `line`.
    shares: usize,
}

struct Builder<'a> {
    base: Option<&'a Url>,
}

impl Builder<'_> {
    fn blocks(&self, node: &NodeRef<'_>, context: &InlineContext) -> Vec<Block> {
        let mut builder = BlockBuilder::default();
        self.children(node, context, &mut builder);
        builder.flush(context.verbatim);
        builder.done
    }

    fn children(&self, node: &NodeRef<'_>, context: &InlineContext, builder: &mut BlockBuilder) {
        for child in node.children_it(false) {
            if child.is_text() {
                builder.words(&child.text(), context);
            } else if let Some(name) = child.node_name() {
                self.element(&child, &name, context, builder);
            }
        }
    }

    fn element(&self, node: &NodeRef<'_>, name: &str, context: &InlineContext, builder: &mut BlockBuilder) {
        if junk::is_junk(node, name) {
            return;
        }
        let small = context.small || junk::is_small_print(node, name);
        let context = &InlineContext { small, ..context.clone() };
        let style = |style: Styles| InlineContext { styles: context.styles.with(style), ..context.clone() };
        match name {
            "br" => builder.push("\n", context),
            "img" | "amp-img" => self.picture(node, builder),
            "a" => self.anchor(node, context, builder),
            "b" | "strong" => self.children(node, &style(Styles::STRONG), builder),
            "i" | "em" | "cite" | "dfn" | "var" => self.children(node, &style(Styles::EMPHASIS), builder),
            "s" | "del" | "strike" => self.children(node, &style(Styles::STRUCK), builder),
            "sub" => self.children(node, &style(Styles::SUBSCRIPT), builder),
            "sup" => self.children(node, &style(Styles::SUPERSCRIPT), builder),
            "code" | "kbd" | "samp" | "tt" => self.children(node, &style(Styles::CODE), builder),
            "q" => {
                builder.push("“", context);
                self.children(node, context, builder);
                builder.push("”", context);
            }
            "rt" => {
                // Readings of characters stand in brackets where they cannot stand above.
                let bracketed = node.prev_element_sibling().is_some_and(|n| n.has_name("rp"));
                builder.push(if bracketed { "" } else { "（" }, context);
                self.children(node, context, builder);
                builder.push(if bracketed { "" } else { "）" }, context);
            }
            _ if name == "math" || name.ends_with(":math") => {
                for span in formula::line(node) {
                    let styles = context.styles.with(span.styles);
                    builder.words(&span.text, &InlineContext { styles, ..context.clone() });
                }
            }
            "noscript" => self.pictures_inside(node, builder),
            "iframe" | "video" | "audio" | "embed" | "object" => self.medium(node, name, context, builder),
            "hr" => {
                builder.flush(false);
                builder.done.push(Block::Rule);
            }
            _ if is_block(name) => {
                builder.flush(context.verbatim);
                self.block(node, name, context, builder);
                builder.flush(context.verbatim);
            }
            _ => self.children(node, context, builder),
        }
    }

    fn block(&self, node: &NodeRef<'_>, name: &str, context: &InlineContext, builder: &mut BlockBuilder) {
        let deeper = InlineContext { depth: context.depth + 1, ..context.clone() };
        if context.depth >= MAX_DEPTH {
            return self.children(node, context, builder);
        }
        match name {
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                let level = name.chars().last().and_then(|c| c.to_digit(10)).map_or(6, |n| n as u8);
                builder.done.extend(self.blocks(node, context).into_iter().map(|block| match block {
                    Block::Paragraph(paragraph) => Block::Heading(level, heading(paragraph.line)),
                    other => other,
                }));
            }
            "ul" | "ol" | "menu" => builder.done.extend(self.list(node, name, &deeper)),
            "dl" => builder.done.extend(self.terms(node, &deeper)),
            "blockquote" => match self.blocks(node, &deeper) {
                blocks if blocks.is_empty() => {}
                blocks => builder.done.push(Block::Quote(blocks)),
            },
            "pre" | "listing" | "xmp" => {
                let context = InlineContext { verbatim: true, ..deeper };
                builder.done.extend(verbatim(joined(&self.blocks(node, &context))));
            }
            "table" => self.table(node, &deeper, builder),
            "figure" => self.figure(node, context, builder),
            "summary" => {
                let context =
                    InlineContext { styles: context.styles.with(Styles::STRONG), ..context.clone() };
                self.children(node, &context, builder);
            }
            _ => self.children(node, context, builder),
        }
    }

    fn anchor(&self, node: &NodeRef<'_>, context: &InlineContext, builder: &mut BlockBuilder) {
        let link = match links::leads(node, self.base) {
            LinkTarget::To(url) => Some(Rc::from(url)),
            LinkTarget::Nowhere => context.link.clone(),
            LinkTarget::Share => {
                builder.shares += 1;
                return;
            }
        };
        let words = node.text();
        if link.is_some()
            && links::is_address(words.trim())
            && !node.children_it(false).any(|n| n.is_element())
        {
            return builder.push(&links::shortened(words.trim()), &InlineContext { link, ..context.clone() });
        }
        self.children(node, &InlineContext { link, ..context.clone() }, builder);
    }

    fn picture(&self, node: &NodeRef<'_>, builder: &mut BlockBuilder) {
        match pictures::read(node, self.base) {
            pictures::Seen::Picture(picture) => builder.picture(Block::Figure(picture, Line::new())),
            pictures::Seen::Character(text) => builder.push(&text, &InlineContext::default()),
            pictures::Seen::Words(words) => {
                let line = vec![Span { text: format!("[{words}]"), ..Span::default() }];
                builder.picture(Block::Paragraph(Paragraph { line, small: true }));
            }
            pictures::Seen::Nothing => {}
        }
    }

    /// What is kept for readers without scripts: the picture in place of the lazy one. Its
    /// words are an apology.
    fn pictures_inside(&self, node: &NodeRef<'_>, builder: &mut BlockBuilder) {
        for inner in node.descendants_it().filter(|n| n.has_name("img")) {
            self.picture(&inner, builder);
        }
    }

    /// A mail plays nothing: a film becomes a link to it, under its own title.
    fn medium(&self, node: &NodeRef<'_>, name: &str, context: &InlineContext, builder: &mut BlockBuilder) {
        builder.flush(context.verbatim);
        if let Some(poster) = pictures::poster(node, self.base) {
            builder.picture(Block::Figure(poster, Line::new()));
        }
        if let Some((words, url)) = players::medium(node, name, self.base) {
            let link = Some(Rc::from(url));
            builder.done.push(Block::paragraph(vec![Span {
                text: format!("▶ {words}"),
                link,
                ..Span::default()
            }]));
        }
    }

    fn list(&self, node: &NodeRef<'_>, name: &str, context: &InlineContext) -> Vec<Block> {
        // Each with the number that its element has been given.
        let mut items: Vec<(Option<i32>, Vec<Block>)> = Vec::new();
        let mut loose = BlockBuilder::default();
        for child in node.children_it(false) {
            match child.node_name() {
                Some(name) if &*name == "li" && junk::is_junk(&child, "li") => {}
                Some(name) if &*name == "li" => {
                    items.push((number(&child, "value"), self.blocks(&child, context)));
                }
                Some(name) => self.element(&child, &name, context, &mut loose),
                None if child.is_text() => loose.words(&child.text(), context),
                None => {}
            }
            loose.flush(false);
            if !loose.done.is_empty() {
                items.push((None, std::mem::take(&mut loose.done)));
            }
        }
        items.retain(|(_, item)| !item.is_empty());
        if items.is_empty() {
            return Vec::new();
        }
        let step = if node.has_attr("reversed") { -1 } else { 1 };
        let first = if step < 0 { i32::try_from(items.len()).unwrap_or(i32::MAX) } else { 1 };
        let mut next = number(node, "start").unwrap_or(first);
        let (numbers, items) = items
            .into_iter()
            .map(|(value, item)| {
                let number = value.unwrap_or(next);
                next = number.saturating_add(step);
                (number, item)
            })
            .unzip();
        vec![Block::List { numbers: (name == "ol").then_some(numbers), items }]
    }

    fn terms(&self, node: &NodeRef<'_>, context: &InlineContext) -> Vec<Block> {
        let mut terms = Vec::new();
        self.collect_terms(node, context, &mut terms);
        if terms.is_empty() { Vec::new() } else { vec![Block::Terms(terms)] }
    }

    /// Terms may stand in groups, each in an element of its own.
    fn collect_terms(
        &self,
        node: &NodeRef<'_>,
        context: &InlineContext,
        terms: &mut Vec<(bool, Vec<Block>)>,
    ) {
        for child in node.children_it(false) {
            let Some(name) = child.node_name().filter(|name| !junk::is_junk(&child, name)) else { continue };
            if !matches!(&*name, "dt" | "dd") {
                self.collect_terms(&child, context, terms);
                continue;
            }
            let blocks = self.blocks(&child, context);
            if !blocks.is_empty() {
                terms.push((&*name == "dt", blocks));
            }
        }
    }

    /// A table of data stays one; of a table that only arranges the page, the content.
    fn table(&self, node: &NodeRef<'_>, context: &InlineContext, builder: &mut BlockBuilder) {
        let mut rows: Vec<Vec<(Cell, Vec<Block>)>> = Vec::new();
        let groups = || {
            node.children_it(false).flat_map(|child| {
                if child.has_name("tr") { vec![child] } else { child.children_it(false).collect() }
            })
        };
        // Code beside its line numbers: its white space counts.
        let is_code = groups().any(|row| row.children_it(false).any(|cell| junk::is_gutter(&cell)));
        let is_inside_code = context.verbatim;
        let context = &InlineContext { verbatim: context.verbatim || is_code, ..context.clone() };
        let groups = groups();
        for caption in node.children_it(false).filter(|n| n.has_name("caption")) {
            builder.done.extend(self.blocks(&caption, context));
        }
        for row in groups.filter(|n| n.has_name("tr") && !junk::is_junk(n, "tr")) {
            let cells = row.children_it(false).filter(|n| n.has_name("td") || n.has_name("th"));
            let cells = cells.filter(|n| !junk::is_junk(n, "td")).map(|cell| {
                let span = |name: &str| {
                    cell.attr(name).and_then(|n| n.trim().parse::<u8>().ok()).unwrap_or(1).clamp(1, MAX_SPAN)
                };
                let blocks = self.blocks(&cell, context);
                let line = cell_line(&blocks).unwrap_or_default();
                (
                    Cell {
                        heading: cell.has_name("th"),
                        columns: span("colspan"),
                        rows: span("rowspan"),
                        line,
                    },
                    blocks,
                )
            });
            rows.push(cells.collect());
        }
        rows.retain(|row| row.iter().any(|(_, blocks)| !blocks.is_empty()));
        if is_code {
            let lines: Vec<Block> = rows.into_iter().flatten().flat_map(|(_, blocks)| blocks).collect();
            if is_inside_code {
                builder.done.extend(lines);
            } else {
                builder.done.extend(verbatim(joined(&lines)));
            }
            return;
        }
        let simple = rows.iter().flatten().all(|(_, blocks)| cell_line(blocks).is_some());
        if simple && rows.len() > 1 && rows.iter().any(|row| row.len() > 1) {
            let table = rows.into_iter().map(|row| row.into_iter().map(|(cell, _)| cell).collect()).collect();
            builder.done.push(Block::Table(table));
        } else {
            builder.done.extend(rows.into_iter().flatten().flat_map(|(_, blocks)| blocks));
        }
    }

    fn figure(&self, node: &NodeRef<'_>, context: &InlineContext, builder: &mut BlockBuilder) {
        let (captions, mut blocks): (Vec<Block>, Vec<Block>) = self
            .blocks(node, context)
            .into_iter()
            .partition(|block| matches!(block, Block::Paragraph(paragraph) if paragraph.small));
        let last = blocks.iter_mut().rev().find_map(|block| match block {
            Block::Figure(_, caption) => Some(caption),
            _ => None,
        });
        match last {
            Some(caption) => {
                pictures::add_captions(caption, captions.iter().filter_map(Block::line));
                builder.done.extend(blocks);
            }
            None => builder.done.extend(blocks.into_iter().chain(captions)),
        }
    }
}

impl BlockBuilder {
    fn words(&mut self, text: &str, context: &InlineContext) {
        let text: String = text
            .chars()
            .filter(|c| !is_disturbing(*c) || c.is_whitespace())
            .map(|c| if !context.verbatim && matches!(c, '\n' | '\r' | '\t' | '\u{c}') { ' ' } else { c })
            .collect();
        self.push(&text, context);
    }

    fn push(&mut self, text: &str, context: &InlineContext) {
        if text.is_empty() {
            return;
        }
        self.full_size |= !context.small && text.chars().any(|c| !blocks::is_space(c));
        blocks::push(
            &mut self.line,
            Span { text: text.to_owned(), link: context.link.clone(), styles: context.styles },
        );
    }

    fn picture(&mut self, figure: Block) {
        if is_blank(&self.line) { self.done.push(figure) } else { self.pictures.push(figure) }
    }

    /// Ends the line: what follows is another block.
    fn flush(&mut self, verbatim: bool) {
        let line = std::mem::take(&mut self.line);
        let small = !std::mem::take(&mut self.full_size);
        let shares = std::mem::take(&mut self.shares);
        if verbatim {
            if !line.is_empty() {
                self.done.push(Block::paragraph(line));
            }
        } else {
            for line in paragraphs(line) {
                let line = tidy(line);
                let label = shares > 0 && crate::text::columns(&blocks::text(&line)) <= SHARE_LABEL_COLUMNS;
                if !is_blank(&line) && !label {
                    self.done.push(Block::Paragraph(Paragraph { line, small }));
                }
            }
        }
        self.done.append(&mut self.pictures);
    }
}

/// The number that a list or its item begins with.
fn number(node: &NodeRef<'_>, attribute: &str) -> Option<i32> {
    node.attr(attribute)?.trim().parse().ok().filter(|n| (-100_000..100_000).contains(n))
}

/// Control characters, and the marks that turn the direction of everything after them.
fn is_disturbing(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Where a page breaks the line twice, or indents the next one, it means a paragraph.
fn paragraphs(line: Line) -> Vec<Line> {
    let mut out = vec![Line::new()];
    let mut breaks = 0;
    for span in line {
        let mut piece = Span { text: String::new(), ..span };
        for c in span.text.chars() {
            if c == '\n' {
                breaks += 1;
            } else if c == '\u{3000}' || !blocks::is_space(c) {
                if breaks > 1 || (breaks == 1 && c == '\u{3000}') {
                    if let (Some(last), false) = (out.last_mut(), piece.text.is_empty()) {
                        let text = std::mem::take(&mut piece.text);
                        blocks::push(last, Span { text, ..piece.clone() });
                    }
                    out.push(Line::new());
                }
                breaks = 0;
            }
            piece.text.push(c);
        }
        if let (Some(last), false) = (out.last_mut(), piece.text.is_empty()) {
            blocks::push(last, piece);
        }
    }
    out
}

/// A heading is bold as it is, and a line.
fn heading(line: Line) -> Line {
    let plain = line.into_iter().map(|span| Span {
        text: span.text.replace('\n', " "),
        styles: span.styles.without(Styles::STRONG),
        ..span
    });
    let mut joined = Line::new();
    plain.for_each(|span| blocks::push(&mut joined, span));
    tidy(joined)
}

/// The lines of blocks, one under the other.
fn joined(blocks: &[Block]) -> Line {
    let mut line = Line::new();
    for (i, block) in blocks.iter().enumerate() {
        if i > 0 {
            blocks::push(&mut line, Span { text: "\n".into(), ..Span::default() });
        }
        block.lines().into_iter().flatten().cloned().for_each(|span| blocks::push(&mut line, span));
    }
    line
}

/// Code without the empty lines around it.
fn verbatim(line: Line) -> Option<Block> {
    let mut joined = Line::new();
    for span in line {
        // A page's own line ends; `code` inside `pre` says nothing more.
        let mut text = span.text.replace("\r\n", "\n").replace('\r', "\n");
        if joined.is_empty() {
            text = text.trim_start_matches('\n').to_owned();
        }
        let plain = text.chars().all(blocks::is_space);
        let styles = if plain { Styles::default() } else { span.styles.without(Styles::CODE) };
        let link = span.link.filter(|_| !plain);
        if !text.is_empty() {
            blocks::push(&mut joined, Span { text, link, styles });
        }
    }
    while let Some(last) = joined.last_mut() {
        last.text.truncate(last.text.trim_end().len());
        if !last.text.is_empty() {
            break;
        }
        joined.pop();
    }
    (!is_blank(&joined)).then_some(Block::Verbatim(joined))
}

/// A cell's content as one line, if it can be one.
fn cell_line(content: &[Block]) -> Option<Line> {
    let mut line = Line::new();
    for block in content {
        let lines: Vec<(&str, &Line)> = match block {
            Block::Paragraph(_) | Block::Heading(..) => vec![("", block.line()?)],
            Block::List { items, .. } => items
                .iter()
                .map(|item| match item.as_slice() {
                    [Block::Paragraph(paragraph)] => Some(("• ", &paragraph.line)),
                    _ => None,
                })
                .collect::<Option<_>>()?,
            _ => return None,
        };
        for (mark, inner) in lines {
            let before = if line.is_empty() { mark.to_owned() } else { format!("\n{mark}") };
            if !before.is_empty() {
                blocks::push(&mut line, Span { text: before, ..Span::default() });
            }
            inner.iter().cloned().for_each(|span| blocks::push(&mut line, span));
        }
    }
    Some(tidy(line))
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "p" | "div"
            | "section"
            | "article"
            | "figure"
            | "figcaption"
            | "header"
            | "footer"
            | "main"
            | "aside"
            | "nav"
            | "address"
            | "center"
            | "details"
            | "summary"
            | "ul"
            | "ol"
            | "menu"
            | "li"
            | "dl"
            | "dt"
            | "dd"
            | "table"
            | "caption"
            | "tbody"
            | "tr"
            | "td"
            | "th"
            | "blockquote"
            | "pre"
            | "listing"
            | "xmp"
            | "fieldset"
            | "hgroup"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
    )
}
