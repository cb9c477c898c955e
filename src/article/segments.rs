//! An article's lines one by one, for whoever writes them in another language, and the article with those in
//! place of its own: lists, quotations, tables, pictures and links stay what they are. Around words that are
//! linked or emphasised stand marks with a number, ⟦1⟧ and ⟦/1⟧, by which they are found again.

use super::blocks::{self, Block, Line, Span, Styles};
use super::{build, excerpt, plain, write};
use crate::model::Article;
use crate::text::columns;

/// An excerpt in another language may be wider than the first was, in display columns.
const LEAST_EXCERPT: usize = 120;

/// The lines of an article's body that hold words, with marks.
pub fn segments(article: &Article) -> Vec<String> {
    let mut body = build::build(&article.html, None, &[]);
    let mut segments = Vec::new();
    each_line(&mut body, &mut |line| segments.push(marked(line)));
    segments
}

/// Puts these lines in place of the article's own, if there are as many; its excerpt is then their beginning.
pub fn replace_segments(article: &mut Article, lines: &[String]) -> bool {
    let mut body = build::build(&article.html, None, &[]);
    let mut count = 0;
    each_line(&mut body, &mut |_| count += 1);
    if count != lines.len() {
        return false;
    }
    let mut lines = lines.iter();
    each_line(&mut body, &mut |line| {
        if let Some(text) = lines.next() {
            *line = blocks::tidy(restored(text, line));
        }
    });
    let room = columns(&article.excerpt).max(LEAST_EXCERPT);
    article.excerpt = crate::text::cut(&excerpt::lead(&body, room), room);
    article.html = write::html(&body);
    article.text = plain::text(&body);
    if article.printed.is_some() {
        article.printed = plain::printed(&body);
    }
    true
}

/// Code is in no language.
fn each_line(all: &mut [Block], see: &mut impl FnMut(&mut Line)) {
    blocks::visit(all, &mut |block| {
        if matches!(block, Block::Verbatim(_)) {
            return;
        }
        let lines = block.own_lines().into_iter();
        lines.filter(|line| blocks::text(line).chars().any(char::is_alphabetic)).for_each(&mut *see);
    });
}

fn is_marked(span: &Span) -> bool {
    span.link.is_some() || span.styles != Styles::default()
}

/// The pieces of a line, with all that leads to one place in one of them: what is emphasised inside a link is
/// not worth marks of its own.
fn pieces(line: &[Span]) -> Line {
    let mut pieces = Line::new();
    for (i, span) in line.iter().enumerate() {
        let next = line.get(i + 1);
        let is_gap = span.link.is_none() && span.text.chars().all(blocks::is_space);
        match pieces.last_mut().filter(|last| last.link.is_some()) {
            Some(last) if span.link == last.link => {
                last.text.push_str(&span.text);
                if last.styles != span.styles {
                    last.styles = Styles::default();
                }
            }
            Some(last) if is_gap && next.is_some_and(|next| next.link == last.link) => {
                last.text.push_str(&span.text);
            }
            _ => pieces.push(span.clone()),
        }
    }
    pieces
}

fn marked(line: &[Span]) -> String {
    let mut out = String::new();
    let mut number = 0;
    for span in pieces(line) {
        // A mark of the text's own would be taken for one of these.
        let text = span.text.replace(['⟦', '⟧'], "");
        if is_marked(&span) {
            number += 1;
            out.push_str(&format!("⟦{number}⟧{text}⟦/{number}⟧"));
        } else {
            out.push_str(&text);
        }
    }
    out
}

/// A line of the words of `text`, with the links and styles of `line` where its marks say. Where they do not
/// come as they went, the links follow the words.
fn restored(text: &str, line: &[Span]) -> Line {
    let pieces = pieces(line);
    let looks: Vec<&Span> = pieces.iter().filter(|span| is_marked(span)).collect();
    if let Some(line) = dressed(text, &looks) {
        return line;
    }
    let plain = |text: String| Span { text, ..Span::default() };
    let mut words = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('⟦') {
        words.push_str(before);
        rest = after.split_once('⟧').map_or("", |(_, rest)| rest);
    }
    words.push_str(rest);
    let mut out = vec![plain(words)];
    for look in looks.iter().filter(|look| look.link.is_some()) {
        out.extend([
            plain(" (".into()),
            Span { styles: Styles::default(), ..(*look).clone() },
            plain(")".into()),
        ]);
    }
    out
}

fn dressed(text: &str, looks: &[&Span]) -> Option<Line> {
    let mut line = Line::new();
    let mut is_used = vec![false; looks.len()];
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('⟦') {
        blocks::push(&mut line, Span { text: before.to_owned(), ..Span::default() });
        let (number, after) = after.split_once('⟧')?;
        let (inside, after) = after.split_once(&format!("⟦/{number}⟧"))?;
        let place = number.parse::<usize>().ok()?.checked_sub(1)?;
        let (look, is_used) = looks.get(place).zip(is_used.get_mut(place))?;
        if std::mem::replace(is_used, true) || inside.contains('⟦') {
            return None;
        }
        line.push(Span { text: inside.to_owned(), ..(*look).clone() });
        rest = after;
    }
    blocks::push(&mut line, Span { text: rest.to_owned(), ..Span::default() });
    is_used.iter().all(|used| *used).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HTML: &str = "<p>See <a href=\"https://a.example/\">the <em>12</em> ferries</a>, <b>now</b>.</p><ul><li><p>One</p></li></ul><pre>code</pre><p>7</p>";

    fn article() -> Article {
        let entry = crate::model::Entry {
            content: Some(HTML.into()),
            title: Some("T".into()),
            ..crate::model::Entry::of(crate::model::EntryKey([0; 16]))
        };
        super::super::tests::read_entry(&entry, None, chrono::DateTime::UNIX_EPOCH)
    }

    #[test]
    fn lines_are_replaced_and_links_and_code_stay() {
        let mut article = article();
        let lines = segments(&article);
        assert_eq!(lines, ["See ⟦1⟧the 12 ferries⟦/1⟧, ⟦2⟧now⟦/2⟧.", "One"]);
        assert!(!replace_segments(&mut article, &["nur eine".into()]));
        let german = ["⟦2⟧Jetzt⟦/2⟧ ⟦1⟧die 12 Fähren⟦/1⟧.".to_owned(), "Eins <b>".to_owned()];
        assert!(replace_segments(&mut article, &german));
        assert_eq!(
            article.html,
            "<p><strong>Jetzt </strong><a href=\"https://a.example/\">die 12 Fähren</a>.</p><ul><li>Eins &lt;b&gt;</li></ul><pre>code</pre><p>7</p>"
        );
        assert!(article.text.starts_with("Jetzt die 12 Fähren."));
    }

    #[test]
    fn a_link_stays_whatever_becomes_of_its_marks() {
        for line in ["Siehe die 12 Fähren.", "Siehe ⟦1⟧die⟦/2⟧ 12 Fähren.", "Siehe ⟦9⟧die 12 Fähren⟦/9⟧."]
        {
            let mut article = article();
            assert!(replace_segments(&mut article, &[line.to_owned(), "Eins".to_owned()]));
            assert!(article.html.contains("href=\"https://a.example/\""), "{}", article.html);
            assert!(!article.html.contains('⟦'), "{}", article.html);
        }
    }
}
