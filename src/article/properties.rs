//! What holds of every article, whatever HTML it came from.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use ammonia::{Builder, UrlRelative};
use dom_query::{Document, NodeRef};
use url::Url;

use super::*;

const TAGS: [&str; 28] = [
    "a",
    "blockquote",
    "br",
    "code",
    "dd",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "h4",
    "h5",
    "h6",
    "hr",
    "img",
    "li",
    "ol",
    "p",
    "pre",
    "s",
    "strong",
    "sub",
    "sup",
    "table",
    "td",
    "th",
    "tr",
    "ul",
];

fn clean(html: &str) -> String {
    let base = Url::parse("https://courier.example/a/1").unwrap();
    let known = EntryFacts { title: Some("A title"), authors: vec!["Ada"], site: Some("courier.example") };
    write::html(&cleaned(html, Some(&base), Rules::default(), &known, &RepeatedBlocks::default()))
}

/// The same HTML by another sanitiser, which knows nothing of ours.
fn allowed(html: &str) -> String {
    Builder::empty()
        .tags(TAGS.into_iter().collect())
        .generic_attributes(HashSet::from(["dir"]))
        .tag_attributes(HashMap::from([
            ("a", HashSet::from(["href"])),
            ("img", HashSet::from(["src", "alt", "width", "height"])),
            ("ol", HashSet::from(["start"])),
            ("li", HashSet::from(["value"])),
            ("td", HashSet::from(["colspan", "rowspan"])),
            ("th", HashSet::from(["colspan", "rowspan"])),
        ]))
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .url_relative(UrlRelative::Deny)
        .link_rel(None)
        .clean(html)
        .to_string()
}

/// The tree as a browser would build it, less what it adds by itself.
fn tree(html: &str) -> String {
    Document::fragment(html).html_root().inner_html().replace("<tbody>", "").replace("</tbody>", "")
}

fn depth(node: &NodeRef<'_>) -> usize {
    node.children_it(false).map(|child| 1 + depth(&child)).max().unwrap_or_default()
}

fn check(html: &str) {
    let once = clean(html);
    assert_eq!(clean(&once), once, "cleaning again changes it\n--- from ---\n{html}\n---");
    assert_eq!(tree(&once), once, "it is not what it parses to\n--- from ---\n{html}\n---");
    assert_eq!(tree(&allowed(&once)), once, "something is left that may not be\n--- from ---\n{html}\n---");
    let document = Document::fragment(once.as_str());
    assert!(depth(&document.html_root()) < 40, "too deep\n--- from ---\n{html}\n---");
    assert!(once.len() < 8 * html.len() + 1000, "it has grown\n--- from ---\n{html}\n---");
}

/// Pieces of pages, good and evil.
const PIECES: [&str; 97] = [
    "<p>",
    "</p>",
    "<div>",
    "</div>",
    "<div class=caption>",
    "<small>",
    "</small>",
    "<b>",
    "</b>",
    "<em>",
    "</em>",
    "<i>",
    "</i>",
    "<a href=\"/b?utm_source=x&amp;id=1\">",
    "<a href='javascript:alert(1)'>",
    "<a href=#x>",
    "</a>",
    "<a href=\"mailto:a@example.org\">",
    "<a href='https://x.com/intent/tweet?text=x'>",
    "<br>",
    "<br/><br/>",
    "<hr>",
    "<ul>",
    "</ul>",
    "<ol start=3>",
    "</ol>",
    "<li>",
    "</li>",
    "<dl>",
    "<dt>",
    "<dd>",
    "</dl>",
    "<table>",
    "<tr>",
    "<td>",
    "<td colspan=2>",
    "<th>",
    "</table>",
    "<caption>",
    "<pre>",
    "</pre>",
    "<code>",
    "</code>",
    "<blockquote>",
    "</blockquote>",
    "<figure>",
    "</figure>",
    "<figcaption>",
    "</figcaption>",
    "<img src=/p/1.jpg alt='a \"b\" <c>'>",
    "<img src=/p/2.jpg width=1200 height=800>",
    "<img src=data:image/gif;base64,R0 data-src=/p/3.jpg>",
    "<img src=x onerror=alert(1)>",
    "<img width=1 height=1 src=/t.gif>",
    "<picture><source srcset='/p/4.webp 1x'>",
    "</picture>",
    "<h1>",
    "</h1>",
    "<h2>",
    "</h2>",
    "<h5>",
    "</h5>",
    "<script>alert(1)</script>",
    "<script>",
    "</script>",
    "<style>p{}</style>",
    "<svg><p><style><a id=\"</style><img src=1 onerror=alert(1)>\">",
    "<math><mtext>",
    "</math>",
    "<iframe src=https://youtube.com/embed/abc title=Film></iframe>",
    "<noscript><img src=/p/5.jpg></noscript>",
    "<ruby>漢<rt>かん</rt></ruby>",
    "<q>",
    "</q>",
    "<sub>",
    "</sub>",
    "<span style='display:none'>",
    "</span>",
    "<x-y>",
    "text ",
    "渡轮公司周四表示，北线改班。",
    "　　段落",
    "&nbsp;",
    "&nbsp;&nbsp;",
    "&lt;script&gt;",
    "&amp;amp;",
    "\n",
    " ",
    ".",
    "Share:",
    "Read more",
    "A title",
    "By Ada",
    "© 2026 Courier. All rights reserved.",
    "Related articles",
    "أعلنت قرية ",
    "🙂‍↔️ e\u{301}",
];

#[test]
fn any_heap_of_tags_becomes_an_article_once_and_for_all() {
    let mut random = fastrand::Rng::with_seed(4);
    for _ in 0..6000 {
        let html: String = (0..random.usize(1..40)).map(|_| PIECES[random.usize(..PIECES.len())]).collect();
        check(&html);
    }
}

#[test]
fn damaged_pages_become_articles_too() {
    let mut random = fastrand::Rng::with_seed(5);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/articles");
    for page in std::fs::read_dir(folder).unwrap().flatten() {
        let page: Vec<char> =
            std::fs::read_to_string(page.path().join("article.html")).unwrap().chars().collect();
        check(&page.iter().collect::<String>());
        for _ in 0..12 {
            let mut page = page.clone();
            for _ in 0..random.usize(1..8) {
                let at = random.usize(..page.len() - 20);
                match random.u8(..3) {
                    0 => drop(page.drain(at..at + random.usize(..20))),
                    1 => page.insert(at, *random.choice(&['<', '>', '"', '&', '/', '\0', '\u{a0}']).unwrap()),
                    _ => page.truncate(at.max(40)),
                }
                if page.len() < 60 {
                    break;
                }
            }
            check(&page.into_iter().collect::<String>());
        }
    }
}

#[test]
fn a_nesting_bomb_and_a_very_long_page_are_bounded() {
    check(&format!("{}x{}", "<blockquote><ul><li>".repeat(3000), "</li></ul></blockquote>".repeat(3000)));
    check(&"<b><i><a href=/x>".repeat(2000));
    let long = clean(&"<p>渡轮公司周四表示，北线改班。</p>".repeat(100_000));
    assert!(long.len() < 2_100_000, "{}", long.len());
}
