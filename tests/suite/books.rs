//! Editions as books for e-readers, held to what epubcheck finds.

use std::io::{Cursor, Read};
use std::process::Command;

use mail_parser::{MessageParser, MimeHeaders};
use zip::ZipArchive;

use crate::bot::Bot;
use crate::feed_server::{Answer, FeedServer};
use crate::pictures::photograph;

/// The files of a book.
fn unpacked(book: &[u8]) -> Vec<(String, String)> {
    let mut zip = ZipArchive::new(Cursor::new(book)).expect("a book");
    (0..zip.len())
        .map(|i| {
            let mut file = zip.by_index(i).unwrap();
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).unwrap();
            (file.name().unwrap().into_owned(), String::from_utf8_lossy(&bytes).into_owned())
        })
        .collect()
}

/// Has epubcheck look at a book; it must find neither an error nor a warning.
fn check(name: &str, book: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("{name}.epub"));
    std::fs::write(&path, book).unwrap();
    if let Some(kept) = std::env::var_os("TIDINGS_PICTURES") {
        std::fs::copy(&path, std::path::Path::new(&kept).join(format!("{name}.epub"))).unwrap();
    }
    // Debian's command is the archive itself, which not every kernel runs.
    let jar = std::path::Path::new("/usr/share/java/epubcheck.jar");
    if !jar.exists() {
        eprintln!("skipped: no epubcheck is installed");
        return;
    }
    let checked =
        Command::new("java").arg("-jar").arg(jar).arg("--failonwarnings").arg(&path).output().unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&checked.stdout), String::from_utf8_lossy(&checked.stderr));
    assert!(checked.status.success() && said.contains("0 errors / 0 warnings"), "{name}: {said}");
}

fn config(feed: &str, more: &str) -> String {
    format!(
        "timezone = \"UTC\"\n[mail]\nfrom = \"Harbour Press <news@example.org>\"\n[[recipient]]\nemail = \"ada@example.org\"\nformat = \"epub\"\n[fetch]\nallow_private_networks = true\n[[feed]]\nid = \"feed\"\nname = \"The Courier & Sons\"\nurl = \"{feed}\"\nfirst_run = 500\nmax_items = 500\n{more}"
    )
}

struct Item<'a> {
    title: &'a str,
    html: String,
}

fn rss(language: &str, items: &[Item<'_>]) -> String {
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let items: String = items
        .iter()
        .enumerate()
        .map(|(i, item)| {
            format!(
                "<item><guid>{i}</guid><title>{}</title><link>https://news.example/{i}?a=1&amp;b=[2]|3</link><pubDate>Sun, 22 Nov 2026 0{}:{:02}:00 GMT</pubDate><description>{}</description></item>",
                escape(item.title),
                i / 60 % 6,
                i % 60,
                escape(&item.html)
            )
        })
        .collect();
    format!(
        "<rss version=\"2.0\"><channel><title>Feed</title><language>{language}</language>{items}</channel></rss>"
    )
}

/// The book of a feed, and its files.
fn book(name: &str, document: &str, more: &str) -> Vec<(String, String)> {
    let bot = Bot::new(&config("feed.xml", more));
    bot.write("feed.xml", document);
    bot.ok(&["preview", "--format", "epub", "--out", "book.epub", "--now", "2026-11-22T07:00:00Z"]);
    let book = std::fs::read(bot.path("book.epub")).unwrap();
    check(name, &book);
    unpacked(&book)
}

fn page<'a>(files: &'a [(String, String)], name: &str) -> &'a str {
    let found = files.iter().find(|(path, _)| path == &format!("EPUB/{name}"));
    &found.unwrap_or_else(|| panic!("{name}")).1
}

/// Articles unlike each other, so that none is taken for another.
fn articles(count: usize, words: &[&str]) -> Vec<(String, String)> {
    (0..count)
        .map(|i| {
            let pick = |k: usize| words[(i * 7 + k * 13 + i * k) % words.len()];
            let title = format!("{} {} {i}", pick(0), pick(1));
            let html: String = (0..8)
                .map(|p| {
                    let line: Vec<String> = (0..24)
                        .map(|k| format!("{}{}", pick(p * 24 + k), if k % 9 == 0 { i * 31 + p } else { k }))
                        .collect();
                    format!("<p>{}</p>", line.join(" "))
                })
                .collect();
            (title, html)
        })
        .collect()
}

fn of(language: &str, articles: &[(String, String)]) -> String {
    let items: Vec<Item<'_>> =
        articles.iter().map(|(title, html)| Item { title, html: html.clone() }).collect();
    rss(language, &items)
}

const CHINESE: [&str; 7] = ["渡轮停航", "港口工人", "灯塔", "市议会表决", "气象台预报", "渔民", "修缮工程"];
const ARABIC: [&str; 7] = ["العبارات", "الميناء", "المنارة", "المجلس", "الأرصاد", "الصيادون", "أعمال الترميم"];
const ENGLISH: [&str; 7] =
    ["ferries", "harbour", "lighthouse", "council", "forecast", "fishermen", "repairs"];

#[test]
fn books_in_chinese_arabic_and_both_are_books() {
    let files = book(
        "chinese",
        &of("zh-cn", &articles(9, &CHINESE)),
        "section = \"要闻\"\n[[digest]]\ntitle = \"每日要闻\"\nlanguage = \"zh-Hans\"\n",
    );
    let package = page(&files, "package.opf");
    for part in [
        "<dc:language>zh-Hans</dc:language>",
        "<dc:title>每日要闻, 2026年11月22日</dc:title>",
        "<dc:publisher>Harbour Press</dc:publisher>",
        "page-progression-direction=\"ltr\"",
        "<meta property=\"belongs-to-collection\" id=\"series\">每日要闻</meta>",
    ] {
        assert!(package.contains(part), "{part}: {package}");
    }
    assert!(page(&files, "nav.xhtml").contains("要闻"));
    assert!(
        page(&files, "cover.svg").contains("每日要闻")
            && page(&files, "cover.svg").contains("2026年11月22日星期日")
    );
    assert_eq!(files.iter().filter(|(path, _)| path.starts_with("EPUB/article-")).count(), 9);
    assert!(page(&files, "article-1.xhtml").contains("<article lang=\"zh-Hans\""));

    let files = book(
        "arabic",
        &of("ar", &articles(6, &ARABIC)),
        "[[digest]]\ntitle = \"أخبار الميناء\"\nlanguage = \"ar\"\n",
    );
    assert!(page(&files, "package.opf").contains("page-progression-direction=\"rtl\""));
    assert!(page(&files, "article-1.xhtml").contains("<article lang=\"ar\" xml:lang=\"ar\" dir=\"rtl\">"));

    let mut both = articles(3, &CHINESE);
    both.extend(articles(3, &ARABIC));
    both.extend(articles(3, &ENGLISH));
    let files = book(
        "mixed",
        &of("en", &both),
        "[[digest]]\ntitle = \"The Harbour Letter of Tarnley and Osterhafen\"\nlanguage = \"en\"\n",
    );
    let languages: std::collections::BTreeSet<&str> = files
        .iter()
        .filter_map(|(_, text)| text.split_once("<article lang=\"")?.1.split('"').next())
        .collect();
    assert_eq!(languages, ["ar", "en", "zh-Hans"].into());
}

#[test]
fn a_book_of_two_hundred_articles_has_all_of_them_whole() {
    let all = articles(200, &ENGLISH);
    let bot = Bot::new(
        &config(
            "feed.xml",
            "[web]\nlisten = \"127.0.0.1:8480\"\n[[digest]]\ntitle = \"Daily\"\nmax_html = \"30kB\"\n",
        )
        .replace("[mail]", "public_url = \"https://news.example.org\"\n[mail]"),
    );
    bot.write("feed.xml", &of("en", &all));
    bot.ok(&["preview", "--format", "epub", "--out", "book.epub", "--now", "2026-11-22T07:00:00Z"]);
    let book = std::fs::read(bot.path("book.epub")).unwrap();
    check("many", &book);
    let files = unpacked(&book);
    let chapters: String = files
        .iter()
        .filter(|(path, _)| path.starts_with("EPUB/article-"))
        .map(|(_, text)| text.as_str())
        .collect();
    for (title, _) in &all {
        assert!(chapters.contains(&format!("<h1>{title}</h1>")), "{title}");
    }
    assert_eq!(page(&files, "toc.ncx").matches("<navPoint").count(), 200);
}

/// The titles of the articles of a book.
fn titles(book: &[u8]) -> Vec<String> {
    let heading = |text: &str| Some(text.split_once("<h1>")?.1.split_once("</h1>")?.0.to_owned());
    let files = unpacked(book);
    files
        .iter()
        .filter(|(path, _)| path.starts_with("EPUB/article-"))
        .filter_map(|(_, text)| heading(text))
        .collect()
}

#[test]
fn what_waits_for_room_in_the_mail_waits_for_its_book_too() {
    let bot = Bot::new(&config("feed.xml", "[[digest]]\ntitle = \"Daily\"\nmax_html = \"20kB\"\n"));
    bot.write("feed.xml", &of("en", &articles(120, &ENGLISH)));
    let mut seen = std::collections::BTreeSet::new();
    for day in 22..24 {
        let before: Vec<_> = bot.arrived().into_keys().collect();
        bot.ok(&["send", "--now", &format!("2026-11-{day}T07:00:00Z")]);
        let new = bot.arrived().into_keys().find(|name| !before.contains(name)).expect("a mail");
        let bytes = std::fs::read(bot.path("outbox").join(&new)).unwrap();
        let mail = MessageParser::default().parse(&bytes).unwrap();
        let titles = titles(mail.attachment(0).expect("a book").contents());
        assert!(titles.len() > 5 && titles.len() < 60, "{}", titles.len());
        for title in titles {
            assert!(seen.insert(title.clone()), "{title} came twice");
        }
    }
}

#[test]
fn whatever_a_feed_says_the_book_is_one() {
    let hostile = [
        "<script>alert(1)</script><p onclick=x>a<div>b<p>c</div></p><table><td>1<td colspan=0>2<tr></table>",
        "<dl><dd>first<dt>term</dl><ul><p>x</ul><ol start=-3><li value=x>y<li></ol>",
        "<a href='https://a.example/a b|c?d=[e]#f#g'>x</a><a href='https://例え.example/道?q=\"'>y</a><a href=javascript:x>z</a>",
        "&#0;&#1;&#xFFFE;\u{b}\u{fffe} controls &amp; &lt;b&gt; ]]> <!-- -- --> <![CDATA[x]]>",
        "<h1>one</h1><h2>two</h2><blockquote><blockquote><pre>a\n  b</pre></blockquote></blockquote><hr><hr>",
        "<img src=http://127.0.0.1:9/x.jpg alt='\"&<>'><figure><img src=data:image/png;base64,xx><figcaption>c</figcaption></figure>",
        "<ruby>漢<rt>kan</rt></ruby><q>q</q><sub>s</sub><sup>u</sup><math><mi>x</mi></math><svg><a xlink:href=x /></svg>",
        "<a href=https://h.example/100%>x</a><a href=https://a.example/%zz?%>y</a><a href=https://x..y.example/>z</a><a href=https://-a.example/>w</a><a href=https://ex*ample.org/>v</a><a href='mailto:a b@c%'>u</a>",
        "<p dir=rtl>עברית</p><bdo dir=rtl>x</bdo><p>\u{202e}evil\u{202c}</p><font color=red>f</font><marquee>m</marquee>",
    ];
    let items: Vec<(String, String)> = hostile
        .iter()
        .enumerate()
        .map(|(i, html)| {
            (
                format!("<b>Title</b> {i} & \"more\" \u{1}]]>"),
                format!(
                    "{html}<p>And what report {i} says of {} besides, in so many words.</p>",
                    ENGLISH[i % 7]
                ),
            )
        })
        .collect();
    let files = book("hostile", &of("en", &items), "[[digest]]\ntitle = \"A < B & \\\"C\\\"\"\n");
    let all: String = files.iter().map(|(_, text)| text.as_str()).collect();
    assert!(!all.contains("<script") && !all.contains("onclick") && !all.contains("javascript:"));
    // Titles, sections and languages in which there is nothing.
    let unseen = vec![
        ("\u{ad}".to_owned(), "<p>  </p>".to_owned()),
        ("\u{200b}".into(), "<p>Only words in it.</p>".into()),
    ];
    for language in ["ar-", "aaaaaaaaaaaaaaaa", "en_US"] {
        book("unseen", &of(language, &unseen), "section = \"\\u0001\"\n[[digest]]\ntitle = \"\\u200b\"\n");
    }
    // One article, nothing in it; and no section, or several.
    book(
        "short",
        &of("en", &[("Only a title".into(), String::new())]),
        "content = \"title\"\n[[digest]]\ntitle = \"Short\"\n",
    );
    book(
        "unnamed",
        &of("tlh", &articles(2, &["nuqneH", "Qapla'", "tlhIngan"])),
        "[[digest]]\ntitle = \"Qo'noS\"\nimages = \"none\"\n",
    );
}

#[test]
fn a_book_has_its_pictures_scaled_and_no_others() {
    let server = FeedServer::start();
    server.serve("/wide.jpg", Answer::Raw("HTTP/1.1 200 OK\r\nContent-Type: image/jpeg", photograph()));
    let picture = |name: &str| {
        format!("<img src=\"{}\" width=\"800\" height=\"400\" alt=\"A quay\">", server.url(name))
    };
    let articles = articles(3, &ENGLISH);
    let items: Vec<(String, String)> = articles
        .into_iter()
        .zip(["/wide.jpg", "/gone.jpg", "/wide.jpg"])
        .map(|((title, html), name)| {
            (title, format!("<figure>{}<figcaption>The quay</figcaption></figure>{html}", picture(name)))
        })
        .collect();
    let files = book("pictures", &of("en", &items), "[[digest]]\ntitle = \"Pictures\"\n");
    let pictures: Vec<_> = files.iter().filter(|(path, _)| path.ends_with(".jpg")).collect();
    assert_eq!(pictures.len(), 1, "one, however many show it");
    let shown = files.iter().filter(|(_, text)| text.contains("alt=\"A quay\"")).count();
    assert_eq!(shown, 2);
    // Who only looks at the mail has no book bound, and asks for no picture.
    let before = server.requests().len();
    let bot = Bot::new(&config("feed.xml", "[[digest]]\ntitle = \"Pictures\"\nimages = \"all\"\n"));
    bot.write("feed.xml", &of("en", &items));
    bot.ok(&["preview", "--format", "html", "--now", "2026-11-22T07:00:00Z"]);
    assert_eq!(server.requests().len(), before);
    let mail = bot.ok(&["preview", "--format", "eml", "--now", "2026-11-22T07:00:00Z"]).stdout;
    assert!(mail.contains("application/epub+zip") && server.requests().len() > before);
    let none =
        book("no-pictures", &of("en", &items), "[[digest]]\ntitle = \"Pictures\"\nimages = \"none\"\n");
    assert!(none.iter().all(|(path, _)| !path.ends_with(".jpg")));
}

#[test]
fn an_e_reader_gets_the_edition_as_a_book_in_a_short_mail() {
    let bot = Bot::new(
        &config("feed.xml", "[[digest]]\ntitle = \"每日 Letter\"\n")
            .replace("[fetch]", "[[recipient]]\nemail = \"bob@example.org\"\n[fetch]"),
    );
    bot.write("feed.xml", &of("en", &articles(5, &ENGLISH)));
    bot.ok(&["send", "--now", "2026-11-22T07:00:00Z"]);
    let bytes = |address: &str| -> Vec<u8> {
        let mut all = std::fs::read_dir(bot.path("outbox"))
            .unwrap()
            .map(|file| std::fs::read(file.unwrap().path()).unwrap());
        all.find(|mail| String::from_utf8_lossy(mail).contains(&format!("To: <{address}>"))).expect("a mail")
    };
    let (book, usual) = (bytes("ada@example.org"), bytes("bob@example.org"));
    let mail = MessageParser::default().parse(&book).unwrap();
    let attached = mail.attachment(0).expect("a book");
    assert_eq!(attached.attachment_name(), Some("每日 Letter, 22 November 2026.epub"));
    assert_eq!(mail.attachment_count(), 1);
    check("mailed", attached.contents());
    let text = mail.body_text(0).unwrap();
    assert!(text.contains("5 stories") && text.contains("unsubscribe") && text.len() < 600, "{text}");
    assert!(mail.header("List-Unsubscribe").is_some());
    let usual = MessageParser::default().parse(&usual).unwrap();
    assert_eq!(usual.attachment_count(), 0);
    // Whoever gets it again gets the same book.
    bot.ok(&["editions", "resend", "1", "--to", "ada@example.org"]);
    // A trial too.
    bot.ok(&["send", "--to", "ada@example.org", "--now", "2026-11-22T08:00:00Z"]);
    let listed = bot.run(&["preview", "--last", "--format", "epub"]);
    assert_eq!(listed.code, 0, "{}", listed.stderr);
}
