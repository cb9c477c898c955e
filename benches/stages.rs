//! How fast the pure stages are. `cargo bench` prints the figures.

#![allow(clippy::unwrap_used, reason = "a bench may stop at the first surprise")]

use divan::Bencher;
use divan::counter::BytesCount;
use std::path::Path;

use chrono::{DateTime, Utc};
use tidings::article::{self, FeedBoilerplate, Rules};
use tidings::compose::{EditionSettings, Material, Order, compose};
use tidings::deliver::dkim::body_hash;
use tidings::editor::{self, Kind, Task};
use tidings::model::{Article, Content, Entry, EntryKey, Images, ParsedFeed};
use tidings::parse;
use tidings::render::{self, Imprint, Theme};
use tidings::store::{Store, StoryMemoryRow};
use tidings::story::{self, Fingerprint, Fingerprinted, PastArticle, Updates};

fn main() {
    divan::main();
}

/// A page of so many bytes in the context that real ones wear: three characters of markup
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
        let article = article::clean(&entry, Rules::default(), &FeedBoilerplate::default(), None);
        (article.html(), article.excerpt(200), article.text)
    });
}

/// A document of so many entries of some 5 kB each.
#[divan::bench(args = [10, 100])]
fn parse_a_feed(bencher: Bencher<'_, '_>, entries: usize) {
    let text = page(5_000).replace('&', "&amp;").replace('<', "&lt;");
    let item = |i| {
        format!(
            "<item><guid>{i}</guid><title>渡轮改班</title><link>https://gangkou.example/a/{i}</link><description>{text}</description></item>"
        )
    };
    let items: String = (0..entries).map(item).collect();
    let feed = format!("<rss version=\"2.0\"><channel><title>港口</title>{items}</channel></rss>");
    bencher.counter(BytesCount::new(feed.len())).bench(|| parse::feed(feed.as_bytes(), None, None).unwrap());
}

/// What a signature says of a mail of 65 kB, most of it in Base64.
#[divan::bench]
fn hash_a_body(bencher: Bencher<'_, '_>) {
    let text = "   渡轮  in  quoted-printable words\r\n".repeat(300);
    let body = text + &format!("{}\r\n", "QUJD".repeat(19)).repeat(700);
    bencher.counter(BytesCount::new(body.len())).bench(|| body_hash(body.as_bytes()));
}

/// Whether a summary of an article of some 8,000 letters can be used.
#[divan::bench]
fn check_a_summary(bencher: Bencher<'_, '_>) {
    let text =
        "The ferry company said on Thursday that 1.5 million passengers a year are affected. ".repeat(100);
    let summary = "渡轮公司周四表示，每年150万乘客受影响。";
    let task = Task {
        kind: Kind::Summary,
        language: "zh-Hans".into(),
        from: Some("en".into()),
        title: "Ferries".into(),
        text,
    };
    bencher.bench(|| editor::check(&task, summary, article::language_of).unwrap());
}

/// An article of invented words, as common and as rare as words are: about 700 characters.
fn news(random: &mut fastrand::Rng, number: u64) -> Article {
    let mut words = |count: usize| -> String {
        let word = |_| {
            // Zipf: the tenth word is a tenth as common as the first.
            let rank = (20_000f64.powf(random.f64()) as u32).min(19_999);
            let character = |n: u32| char::from_u32(0x4e00 + n % 5000).unwrap_or('一');
            [character(rank.wrapping_mul(2_654_435_761) >> 7), character(rank.wrapping_mul(40_503) ^ 0x5bd1)]
        };
        (0..count).flat_map(word).collect()
    };
    let (title, text) = (words(9), (0..12).map(|_| words(28)).collect::<Vec<_>>().join("。"));
    let mut key = [0; 16];
    key[..8].copy_from_slice(&number.to_le_bytes());
    Article {
        feed: format!("feed {}", number % 50),
        outlet: "Outlet".into(),
        key: EntryKey(key),
        guid: None,
        enclosure: None,
        media: Vec::new(),
        discussion: None,
        title,
        link: Some(format!("https://outlet{}.example/news/{}", number % 50, 10_000_000 + number)),
        published: DateTime::<Utc>::UNIX_EPOCH,
        language: Some("zh-Hans".into()),
        html: String::new(),
        text,
        printed: None,
        excerpt: String::new(),
        image: None,
        minutes: 2,
        section: None,
        content: Content::Excerpt,
        by_machine: None,
    }
}

/// What an article is known by.
#[divan::bench]
fn sign_an_article(bencher: Bencher<'_, '_>) {
    let article = news(&mut fastrand::Rng::with_seed(1), 1);
    bencher.with_inputs(|| article.clone()).bench_values(Fingerprinted::new);
}

/// A thousand new articles against so many past ones: fingerprint, find, decide.
#[divan::bench(args = [0, 12_500, 25_000, 50_000, 100_000], sample_count = 3, sample_size = 1)]
fn decide_a_thousand(bencher: Bencher<'_, '_>, past_articles: u64) {
    let mut random = fastrand::Rng::with_seed(1);
    let now = DateTime::<Utc>::UNIX_EPOCH;
    let mut store = Store::copy_of(Path::new("/nonexistent/tidings.db")).unwrap();
    let past: Vec<StoryMemoryRow> = (0..past_articles)
        .map(|number| {
            let article = news(&mut random, number);
            let Fingerprinted { article, fingerprint, .. } = Fingerprinted::new(article);
            StoryMemoryRow {
                feed: article.feed,
                key: article.key,
                title: article.title,
                published: now,
                fingerprint: fingerprint.to_bytes(),
                keys: fingerprint.lookup_keys(),
            }
        })
        .collect();
    store.transaction(|store| store.insert_stories("daily", &past, now)).unwrap();
    let new: Vec<Article> = (0..1000).map(|number| news(&mut random, 100_000 + number)).collect();
    bencher.with_inputs(|| new.clone()).bench_local_values(|new| {
        let new: Vec<Fingerprinted> = new.into_iter().map(Fingerprinted::new).collect();
        let keys: Vec<_> = new.iter().map(|article| article.fingerprint.lookup_keys()).collect();
        let past = store.find_stories("daily", &keys, now).unwrap().into_iter().map(|row| PastArticle {
            feed: row.feed,
            key: row.key,
            title: row.title,
            at: row.published,
            fingerprint: Fingerprint::from_bytes(&row.fingerprint).unwrap(),
        });
        story::group_articles(new, Vec::new(), &past.collect::<Vec<_>>(), Updates::Note).stories.len()
    });
}

/// An edition of sixty stories, from articles to a mail: composed, fitted, rendered.
#[divan::bench]
fn render_sixty_stories(bencher: Bencher<'_, '_>) {
    let mut random = fastrand::Rng::with_seed(2);
    let articles: Vec<Article> = (0..60).map(|number| news(&mut random, number)).collect();
    let signed: Vec<Fingerprinted> = articles
        .into_iter()
        .map(|article| {
            Fingerprinted::new(Article { excerpt: article.text.chars().take(90).collect(), ..article })
        })
        .collect();
    let stories = story::group_articles(signed, Vec::new(), &[], Updates::Note).stories;
    let settings = EditionSettings {
        digest: "daily",
        title: "每日要闻",
        zone: chrono_tz::Tz::UTC,
        language: None,
        language_among: article::language_among,
        feeds: Vec::new(),
        images: Images::First,
        order: Order::Newest,
        sections: Vec::new(),
    };
    let imprint = Imprint {
        subject: "{title} · {date}".into(),
        theme: Theme::default(),
        sender: "News <news@example.org>".parse().unwrap(),
        answers: "news@example.org".parse().unwrap(),
        unsubscribe: "mailto:news@example.org".into(),
        web_edition: None,
    };
    let edition =
        compose(&settings, 1, DateTime::<Utc>::UNIX_EPOCH, Material { stories, ..Material::default() });
    bencher.bench(|| render::render(&edition, &imprint, Vec::new()));
}
