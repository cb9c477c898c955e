//! How fast the pure stages are. `cargo bench` prints the figures.

#![allow(clippy::unwrap_used, reason = "a bench may stop at the first surprise")]

use divan::Bencher;
use divan::counter::BytesCount;
use tidings::article::{self, Habits, Rules};
use tidings::model::{Entry, ParsedFeed};
use tidings::parse;

fn main() {
    divan::main();
}

/// A page of so many bytes in the dress that real ones wear: three characters of markup
/// for each that is read.
fn page(bytes: usize) -> String {
    const PARAGRAPH: &str = "<div class=\"GridItem-sc-12lwanc-2 fVauYi\"><p class=\"Paragraph-k859h4-0 bWtIRA\" style=\"margin:0\">渡轮公司周四表示，<a href=\"https://gangkou.example/a/7?utm_source=rss&amp;id=9\" class=\"InlineLink-hkwpaz-0\">北线</a>将提前一周改为<b>冬季班次</b>，乘客需改乘八点十五分的一班。</p></div>";
    const PICTURE: &str = "<figure class=\"wp-block-image\"><img src=\"data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP\" data-src=\"https://gangkou.example/p/1.jpg\" srcset=\"https://gangkou.example/p/1-300x200.jpg 300w\" width=\"1200\" height=\"800\" alt=\"渡轮\"><figcaption>清晨的渡口</figcaption></figure>";
    let mut html = String::new();
    while html.len() < bytes {
        html.push_str(&PARAGRAPH.repeat(8));
        html.push_str(PICTURE);
    }
    html.push_str("<hr><div>获取更多RSS：<br><a href=\"https://feedx.net\">https://feedx.net</a></div>");
    html
}

fn entry(html: &str) -> Entry {
    let html = html.replace('&', "&amp;").replace('<', "&lt;");
    let feed = format!(
        "<rss version=\"2.0\"><channel><item><title>渡轮改班</title><link>https://gangkou.example/a/1</link><description>{html}</description></item></channel></rss>"
    );
    let ParsedFeed { mut entries, .. } = parse::feed(feed.as_bytes(), None, None).unwrap();
    entries.remove(0)
}

/// What an edition makes of an article: its HTML, its text, its excerpt.
#[divan::bench(args = [20_000, 100_000, 500_000])]
fn clean_an_article(bencher: Bencher<'_, '_>, bytes: usize) {
    let entry = entry(&page(bytes));
    bencher.counter(BytesCount::new(bytes)).bench(|| {
        let article = article::clean(&entry, Rules::default(), &Habits::default(), None);
        (article.html(), article.excerpt(200), article.text)
    });
}
