//! More news than a mail holds: who gets room, what waits, and what is read in the web.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::bot::{Bot, Mail, rss};

/// So many words that no other article has.
fn words(article: usize, count: usize) -> String {
    let mut state = (article as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut letter = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'a' + ((state >> 40) % 26) as u8)
    };
    (0..count).map(|_| (0..8).map(|_| letter()).collect::<String>()).collect::<Vec<_>>().join(" ")
}

fn title(article: usize) -> String {
    format!("{} {article:03}", words(article, 3))
}

/// A feed of these articles, each of an excerpt.
fn feed(articles: std::ops::Range<usize>) -> String {
    let items: Vec<_> = articles
        .map(|n| (n.to_string(), title(n), format!("&lt;p&gt;{}.&lt;/p&gt;", words(n, 60))))
        .collect();
    let items: Vec<_> =
        items.iter().map(|(id, title, body)| (id.as_str(), title.as_str(), body.as_str())).collect();
    rss(&items)
}

/// Eighty feeds in five sections with 340 new entries.
fn eighty_feeds(more: &str) -> Bot {
    let feeds: String = (0..80)
        .map(|n| {
            format!(
                "[[feed]]\nid = \"f{n}\"\nurl = \"f{n}.xml\"\nfirst_run = 10\nsection = \"Part {}\"\n",
                n % 5
            )
        })
        .collect();
    let bot = Bot::new(&format!("{{mail}}\n{more}{feeds}[[digest]]\nid = \"daily\"\ntitle = \"Daily\"\n"));
    for n in 0..80 {
        // Four each, and the first twenty one more.
        let first = n * 4 + n.min(20);
        bot.write(&format!("f{n}.xml"), &feed(first..first + 4 + usize::from(n < 20)));
    }
    bot
}

/// Which articles a text names, and how often.
fn named(text: &str) -> HashMap<usize, usize> {
    let mut named = HashMap::new();
    for article in 0..400 {
        let times = text.matches(&title(article)).count();
        if times > 0 {
            named.insert(article, times);
        }
    }
    named
}

/// What stands under the headings of a mail's text, by section.
fn sections(mail: &Mail) -> Vec<(String, String)> {
    let text = mail.text.split_whitespace().collect::<Vec<_>>().join(" ");
    let parts: Vec<&str> = text.split(" == ").collect();
    parts[1..]
        .chunks(2)
        .filter_map(|pair| Some(((*pair.first()?).to_owned(), (*pair.get(1)?).to_owned())))
        .collect()
}

#[test]
fn what_a_mail_has_no_room_for_is_in_the_next_and_each_once() {
    let bot = eighty_feeds("");
    let mut shown: HashMap<usize, usize> = HashMap::new();
    let mut reports = Vec::new();
    for edition in 1..=5 {
        let before = bot.outbox();
        let report = bot.ok(&["send"]).stdout;
        let new: Vec<Mail> = bot
            .outbox()
            .into_iter()
            .filter(|(name, _)| !before.contains_key(name))
            .map(|(_, mail)| mail)
            .collect();
        reports.push(report);
        let Some(mail) = new.first() else { continue };
        assert!(mail.html.as_ref().unwrap().len() <= 102_000);
        let sections = sections(mail);
        if edition == 1 {
            assert_eq!(sections.len(), 5);
        }
        for (heading, stories) in &sections {
            let named = named(stories);
            if edition == 1 {
                let share = named.len();
                assert!((20..=68).contains(&share), "{heading}: {share}");
            }
            named.keys().for_each(|article| *shown.entry(*article).or_default() += 1);
        }
    }
    let reports = reports.concat();
    assert!(reports.contains("wait for the next edition"), "{reports}");
    assert!(reports.contains("nothing new for Daily"), "{reports}");
    assert_eq!(shown.len(), 340, "{reports}");
    assert!(shown.values().all(|times| *times == 1), "{reports}");
}

#[test]
fn a_look_at_what_would_be_sent_has_nothing_wait() {
    let bot = eighty_feeds("");
    const PREVIEW: [&str; 5] = ["preview", "--format", "text", "--now", "2026-11-22T06:30:00Z"];
    let look = bot.ok(&PREVIEW);
    assert!(look.stderr.contains("wait for the next edition"), "{}", look.stderr);
    bot.ok(&["send", "--to", "eve@example.org"]);
    assert!(!bot.path("tidings.db").exists());
    assert_eq!(bot.ok(&PREVIEW).stdout, look.stdout);
}

/// What a page of the daemon says; its head, and its body.
fn get(port: u16, path: &str) -> (String, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: news.example.org\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

#[test]
fn the_web_edition_holds_everything_on_pages_of_a_readable_length() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let web = format!("[web]\nlisten = \"127.0.0.1:{port}\"\n");
    let bot = eighty_feeds(&web);
    let config = std::fs::read_to_string(bot.path("digest.toml")).unwrap();
    bot.write("digest.toml", &format!("public_url = \"https://news.example.org\"\n{config}"));
    let report = bot.ok(&["send"]).stdout;
    assert!(report.contains("more in the web edition"), "{report}");
    assert!(bot.ok(&["send"]).stdout.contains("nothing new for Daily"));
    let mail = bot.only_mail();
    let (_, rest) = mail.text.split_once("<https://news.example.org").unwrap();
    let path = rest.split('>').next().unwrap();
    let mut daemon = bot.start(&["run"]);
    let start = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(start.elapsed() < Duration::from_secs(20), "no pages: {}", bot.log());
        std::thread::sleep(Duration::from_millis(50));
    }
    let (head, list) = get(port, path);
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert_eq!(named(&list).len(), 340);
    // Each title leads to its story.
    let token = path.rsplit('/').next().unwrap();
    let mut read = HashMap::new();
    let mut last = 0;
    for page in 1.. {
        let (head, html) = get(port, &format!("{path}/{page}"));
        if !head.starts_with("HTTP/1.1 200") {
            break;
        }
        last = page;
        assert!(html.len() < 250_000, "{page}: {}", html.len());
        for article in named(&html).into_keys() {
            assert!(html.contains(&words(article, 11)), "{article} is no more than a title");
            let link = format!("{token}/{page}#story-");
            let (before, _) = list.rsplit_once(&title(article)).unwrap();
            let (_, own) = before.rsplit_once("href=\"").unwrap();
            assert!(own.starts_with(&link), "{own}");
            let anchor = own.split(['#', '"']).nth(1).unwrap();
            assert!(html.contains(&format!("id=\"{anchor}\"")), "{anchor}");
            *read.entry(article).or_insert(0) += 1;
        }
    }
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    assert!(last > 1);
    assert_eq!(read.len(), 340);
    assert!(read.values().all(|times| *times == 1));
}

#[test]
fn of_thirty_five_whole_articles_as_many_are_whole_as_there_is_room_for() {
    let text = |n: usize| -> String {
        let ink: Vec<char> = "渡轮提前一周改为冬季班次港务局说原因是风浪比往年更大居民表示理解但希望增加周末航班市长答应下月答复".chars().collect();
        let mut state = n as u64 + 7;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as usize
        };
        let sentence = |next: &mut dyn FnMut() -> usize| {
            (0..39).map(|_| ink[next() % ink.len()]).chain(['。']).collect::<String>()
        };
        (0..20).map(|_| sentence(&mut next)).collect()
    };
    let items: Vec<_> = (0..35)
        .map(|n| {
            (
                n.to_string(),
                format!("{}第{n}号", text(n + 100).chars().take(12).collect::<String>()),
                format!("&lt;p&gt;{}&lt;/p&gt;", text(n)),
            )
        })
        .collect();
    let items: Vec<_> =
        items.iter().map(|(id, title, body)| (id.as_str(), title.as_str(), body.as_str())).collect();
    let bot = Bot::new(
        "{mail}\n[[feed]]\nurl = \"feed.xml\"\ncontent = \"full\"\nfirst_run = 35\nmax_items = 35\n[[digest]]\nid = \"daily\"\ntitle = \"日报\"\nlanguage = \"zh-Hans\"\n",
    );
    bot.write("feed.xml", &rss(&items));
    let report = bot.ok(&["send"]).stdout;
    let mail = bot.only_mail();
    let html = mail.html.unwrap();
    let whole = (0..35).filter(|n| html.contains(&text(*n))).count();
    assert!(whole >= 15, "{report}");
    assert!(report.contains(&format!("35 stories: {whole} whole, ")), "{report}");
    assert!(report.contains(&format!("({} shortened)", 35 - whole)), "{report}");
    // Not one more would: base64 makes four of three, and a line of each 57.
    let most = 102_000 * 57 / 78;
    assert!((most - 3_500..most).contains(&html.len()), "{} bytes", html.len());
}

#[test]
fn after_a_week_what_waits_is_passed_over_and_counted_where_the_owner_looks() {
    let bot = Bot::new(
        "{mail}\n[alerts]\nto = \"owner@example.org\"\n[[feed]]\nurl = \"feed.xml\"\nmax_items = 30\nfirst_run = 30\n[[digest]]\nid = \"daily\"\ntitle = \"Daily\"\nmax_html = \"22kB\"\n",
    );
    // Each day brings as much as a mail holds.
    for day in 0..9 {
        bot.write("feed.xml", &feed(day * 30..day * 30 + 30));
        bot.ok(&["send", "--now", &format!("2026-11-{:02}T06:30:00Z", day + 1)]);
    }
    let list = bot.ok(&["editions", "list"]).stdout;
    let lines: Vec<&str> = list.lines().filter(|line| line.starts_with("daily/")).collect();
    let passed_over = |line: &str| line.contains("passed over for want of room");
    assert_eq!(
        lines.iter().rev().map(|line| passed_over(line)).collect::<Vec<_>>(),
        [false, false, false, false, false, false, false, true, true],
        "{list}"
    );
    let alerts = bot.outbox().into_values().filter(|mail| mail.to == "owner@example.org");
    let told: String = alerts.map(|mail| mail.text).collect();
    assert!(told.contains("edition daily/8 passed over"), "{told}");
}

#[test]
fn what_an_older_version_settled_as_left_out_stays_settled() {
    let bot = eighty_feeds("");
    bot.ok(&["send"]);
    let db = Connection::open(bot.path("tidings.db")).unwrap();
    // As that version left it: what had no room was carried.
    db.execute_batch(
        "INSERT INTO carried SELECT digest, feed, key, 1, 'left out' FROM waiting;
         DROP TABLE waiting;
         DROP TABLE edition_page;
         DROP TABLE article;
         DROP TABLE article_terms;
         DROP INDEX edition_published;
         DROP TABLE preference;
         DROP TABLE signup;
         DROP TABLE letter;
         DROP TABLE book;
         DROP TABLE editor_answer;
         DROP TABLE briefing;
         DROP TABLE editor_use;
         DROP TABLE editor_outage;
         ALTER TABLE entry DROP COLUMN millis;
         ALTER TABLE entry DROP COLUMN original;
         ALTER TABLE entry DROP COLUMN packed;
         ALTER TABLE entry DROP COLUMN hash;
         ALTER TABLE maintenance DROP COLUMN packed_to;
         DROP TABLE forgotten;
         DROP INDEX subscription_of;
         ALTER TABLE subscription DROP COLUMN name;
         ALTER TABLE subscription DROP COLUMN source;
         ALTER TABLE subscription DROP COLUMN requested;
         ALTER TABLE subscription DROP COLUMN joined;
         ALTER TABLE edition DROP COLUMN language;
         ALTER TABLE edition DROP COLUMN left_out;
         PRAGMA user_version = 7;",
    )
    .unwrap();
    drop(db);
    assert!(bot.ok(&["send"]).stdout.contains("nothing new for Daily"));
}

#[test]
fn what_was_corrected_and_is_read_in_the_web_does_not_come_again() {
    let bot = Bot::new(
        "public_url = \"https://news.example.org\"\n{mail}\n[web]\nlisten = \"127.0.0.1:8480\"\n[[feed]]\nurl = \"feed.xml\"\nmax_items = 60\nfirst_run = 60\n[[digest]]\nid = \"daily\"\ntitle = \"Daily\"\nmax_html = \"20kB\"\nupdates = \"resend\"\n",
    );
    bot.write("feed.xml", &feed(0..60));
    bot.ok(&["send", "--now", "2026-11-20T06:30:00Z"]);
    bot.write(
        "feed.xml",
        &feed(0..60)
            .replace(".&lt;/p&gt;", ". Corrected, and with words besides that nobody has read.&lt;/p&gt;"),
    );
    let corrected = bot.ok(&["send", "--now", "2026-11-21T06:30:00Z"]).stdout;
    assert!(corrected.contains("more in the web edition"), "{corrected}");
    for day in 22..25 {
        let later = bot.ok(&["send", "--now", &format!("2026-11-{day}T06:30:00Z")]).stdout;
        assert!(later.contains("nothing new for Daily"), "{later}");
    }
}

#[test]
fn whoever_else_reports_a_story_is_named_under_a_title_alone() {
    let bot = Bot::new(
        "{mail}\n[[feed]]\nid = \"a\"\nurl = \"a.xml\"\nname = \"Alpha\"\ncontent = \"title\"\n[[feed]]\nid = \"b\"\nurl = \"b.xml\"\nname = \"Beta\"\ncontent = \"title\"\n[[digest]]\norder = \"feed\"\n",
    );
    let other = "Storm closes the northern ferry terminal in Tarnley after the pier collapses; crossings stop, and the harbour master expects repairs to take weeks.";
    bot.write(
        "a.xml",
        &rss(&[
            ("0", "Parliament votes on the budget", "Nothing of the sea."),
            ("a1", "Storm closes northern ferry terminal in Tarnley after pier collapse", other),
        ]),
    );
    bot.write(
        "b.xml",
        &rss(&[(
            "b1",
            "Northern ferry terminal in Tarnley closed by storm as pier collapses",
            &other.replace("harbour master", "port"),
        )]),
    );
    bot.ok(&["send"]);
    let mail = bot.only_mail();
    for n in ["a1", "b1"] {
        let link = format!("https://courier.example/{n}");
        assert_eq!(
            mail.text.contains(&link),
            mail.html.as_ref().unwrap().contains(&link),
            "{n}: {}",
            mail.text
        );
    }
}
