//! What no feed should be: nothing of it may panic, hang or eat the machine.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::bot::repository;

/// The feeds of `fixtures/feeds`, as they are.
fn fixtures() -> Vec<Vec<u8>> {
    let mut feeds = Vec::new();
    for topic in ["encodings", "broken", "formats", "references"] {
        for file in fs::read_dir(repository("tests/fixtures/feeds").join(topic)).unwrap().flatten() {
            if file.file_name().to_string_lossy().matches('.').count() == 1 {
                feeds.push(fs::read(file.path()).unwrap());
            }
        }
    }
    feeds.sort();
    feeds
}

/// One way of breaking a document.
fn mutated(feeds: &[Vec<u8>], random: &mut fastrand::Rng) -> Vec<u8> {
    let mut feed = feeds[random.usize(..feeds.len())].clone();
    for _ in 0..random.usize(1..6) {
        let length = feed.len().max(1);
        let (a, b) = (random.usize(..length), random.usize(..length));
        let (from, to) = (a.min(b), a.max(b).min(a.min(b) + 200).min(feed.len()));
        match random.u8(..8) {
            0 => feed.truncate(from),
            1 => drop(feed.drain(from.min(feed.len())..to.min(feed.len()))),
            2 => {
                let piece = feed.get(from..to).unwrap_or_default().to_vec();
                feed.splice(from.min(feed.len())..from.min(feed.len()), piece);
            }
            3 => feed.iter_mut().skip(from).take(1).for_each(|byte| *byte = random.u8(..)),
            4 => {
                let token: &[u8] = random
                    .choice([
                        b"<".as_slice(),
                        b">",
                        b"&",
                        b"]]>",
                        b"<![CDATA[",
                        b"<!--",
                        b"-->",
                        b"\"",
                        b"\0",
                        b"<item>",
                        b"</item>",
                        b"<entry>",
                        b"</title>",
                        b"&#0;",
                        b"&#x110000;",
                        "。".as_bytes(),
                        b"\xff\xfe",
                        b"<?xml encoding='gbk'?>",
                    ])
                    .unwrap();
                feed.splice(from.min(feed.len())..from.min(feed.len()), token.iter().copied());
            }
            5 => {
                // Bytes of one document in another.
                let other = &feeds[random.usize(..feeds.len())];
                let start = random.usize(..other.len().max(1));
                let piece = other.iter().skip(start).take(200).copied().collect::<Vec<_>>();
                feed.splice(from.min(feed.len())..to.min(feed.len()), piece);
            }
            6 => feed.iter_mut().skip(from).take(to - from).for_each(|byte| *byte ^= 0x20),
            _ => {
                let piece = feed.get(from..to).unwrap_or_default().repeat(random.usize(1..40));
                feed.splice(from.min(feed.len())..from.min(feed.len()), piece);
            }
        }
    }
    feed
}

/// `TIDINGS_MUTATIONS=100000 cargo test --release --test suite mutated` for the long run.
#[test]
fn no_mutated_feed_panics_or_takes_long() {
    let count = std::env::var("TIDINGS_MUTATIONS").ok().and_then(|n| n.parse().ok()).unwrap_or(2_000);
    let feeds = fixtures();
    let mut random = fastrand::Rng::with_seed(20_261_122);
    let mut slowest = (Duration::ZERO, Vec::new());
    let mut read = 0;
    for _ in 0..count {
        let document = mutated(&feeds, &mut random);
        let start = Instant::now();
        if let Ok(feed) = tidings::parse::feed(&document, None, None) {
            read += 1;
            for entry in &feed.entries {
                for html in [&entry.summary, &entry.content].into_iter().flatten() {
                    tidings::article::sanitise(html, None);
                }
            }
        }
        if start.elapsed() > slowest.0 {
            slowest = (start.elapsed(), document);
        }
    }
    println!("{count} documents, {read} of them feeds, the slowest in {:?}", slowest.0);
    assert!(slowest.0 < Duration::from_secs(2), "{:?}: {}", slowest.0, String::from_utf8_lossy(&slowest.1));
}

/// Runs `tidings parse -` on this, and says how much work it was and how much memory, in MB.
fn parse(document: &[u8]) -> (Duration, u64) {
    let (busy, peak, _) = parse_with(&["parse", "-"], document);
    (busy, peak)
}

/// The same with these arguments; says also whether it ended as it should.
fn parse_with(arguments: &[&str], document: &[u8]) -> (Duration, u64, bool) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tidings"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut stdin = child.stdin.take().unwrap();
    let document = document.to_vec();
    // It reads as much as it wants, and no more.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&document)));
    let (mut peak, mut busy) = (0, Duration::ZERO);
    while child.try_wait().unwrap().is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find(|l| l.starts_with("VmHWM:")).unwrap_or_default();
        peak =
            peak.max(line.split_whitespace().nth(1).and_then(|n| n.parse::<u64>().ok()).unwrap_or(0) / 1024);
        busy = busy.max(processor_time(child.id()));
        std::thread::sleep(Duration::from_millis(5));
    }
    writer.join().unwrap();
    // 1: it is no feed.
    let ended_well = matches!(child.wait().unwrap().code(), Some(0 | 1));
    (busy, peak, ended_well)
}

/// Attributes or children, of one kind, for one element.
fn crowd(random: &mut fastrand::Rng, most: usize) -> String {
    let size = random.usize(1..=most);
    let name =
        random.choice(["p", "div", "ul", "table", "a", "span", "b", "figure", "pre", "math", "ol"]).unwrap();
    let child = random
        .choice([
            "<b>x</b>",
            "<li>x</li>",
            "<td>x</td>",
            "<p>x",
            "<br>",
            "<i/>",
            "<a href=/x>x</a>",
            "x<sup>2</sup>",
            "<img src=/p.jpg>",
            "<mi>x</mi>",
            "<b>",
            "</i>",
            "<dd>x",
            "<tr><td>x",
            "&lt;p&gt;",
            "<https://a.example/>",
        ])
        .unwrap();
    if random.bool() {
        let attributes: String = (0..size).map(|n| format!(" a{n:x}=\"{}\"", n % 7)).collect();
        format!("<{name}{attributes}>words</{name}>")
    } else {
        format!("<{name}>{}</{name}>", child.repeat(size))
    }
}

/// `TIDINGS_CROWDS=1000 cargo test --release --test suite crowded -- --nocapture` for the long run,
/// with up to 200,000 attributes or children in one element.
#[test]
fn no_crowded_element_takes_long() {
    let count: usize = std::env::var("TIDINGS_CROWDS").ok().and_then(|n| n.parse().ok()).unwrap_or(8);
    let most = if count > 100 { 200_000 } else { 10_000 };
    let mut pages: Vec<_> = fs::read_dir(repository("tests/fixtures/articles"))
        .unwrap()
        .flatten()
        .map(|folder| fs::read_to_string(folder.path().join("article.html")).unwrap())
        .collect();
    pages.sort();
    let mut random = fastrand::Rng::with_seed(20_261_128);
    let (mut slowest, mut largest) = (Duration::ZERO, 0);
    for _ in 0..count {
        let mut page = pages[random.usize(..pages.len())].clone();
        let mut at = random.usize(..=page.len());
        while !page.is_char_boundary(at) {
            at -= 1;
        }
        let crowd = crowd(&mut random, most);
        page.insert_str(at, &crowd);
        let escaped = page.replace('&', "&amp;").replace('<', "&lt;");
        let raw = random.bool();
        let body = if raw { format!("<![CDATA[{page}]]>") } else { escaped };
        let document = format!(
            "<rss><channel><title>T</title><item><title>T</title><link>https://a.example/1</link><description>{body}</description></item></channel></rss>"
        );
        let (busy, peak, ended_well) = parse_with(&["parse", "--clean", "-"], &document.into_bytes());
        let what: String = crowd.chars().take(60).collect();
        assert!(ended_well, "{what} … {} bytes", crowd.len());
        assert!(
            busy < Duration::from_secs(2) && peak < 200,
            "{busy:?} {peak} MB: {what} … {} bytes",
            crowd.len()
        );
        (slowest, largest) = (slowest.max(busy), largest.max(peak));
    }
    println!("{count} articles, the slowest in {slowest:?}, the largest in {largest} MB");
}

/// How long a process has been at work, whatever else the machine did meanwhile.
fn processor_time(process: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // After the name, which stands in parentheses: utime and stime, in hundredths of a second.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    Duration::from_millis(fields.filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>() * 10)
}

#[test]
fn no_bomb_takes_more_time_or_memory_than_it_may() {
    let item = |body: &str| {
        format!(
            "<rss><channel><item><title>t</title><description>{body}</description></item></channel></rss>"
        )
    };
    let cdata = |body: &str| item(&format!("<![CDATA[{body}]]>"));
    let megabytes = |text: &str, n: usize| text.repeat(n * 1_000_000 / text.len());
    // A debug build is an order of magnitude slower, so it gets smaller bombs.
    let size = if cfg!(debug_assertions) { 2 } else { 50 };
    let mut entities = String::from("<!DOCTYPE rss [<!ENTITY a0 \"laugh\">");
    for n in 1..30 {
        entities.push_str(&format!("<!ENTITY a{n} \"&a{};&a{};&a{};\">", n - 1, n - 1, n - 1));
    }
    let bombs = [
        ("nested elements", cdata(&"<div>".repeat(200_000))),
        ("nested and closed", cdata(&format!("{}x{}", "<b>".repeat(100_000), "</b>".repeat(100_000)))),
        ("nested raw elements", item(&"<a>".repeat(500_000))),
        (
            "formatting never closed",
            cdata(&(0..50_000).map(|n| format!("<font size={n}>x")).collect::<String>()),
        ),
        (
            "a caption of paragraphs",
            cdata(&format!(
                "<a href=\"https://a.example/\"><figure><img src=\"https://a.example/b.jpg\"><figcaption>{}",
                "<p>x".repeat(100_000)
            )),
        ),
        ("lines of one paragraph", cdata(&format!("<p>{}</p>", "a<br>".repeat(100_000)))),
        ("tables in tables", cdata(&"<table><tr><td>".repeat(50_000))),
        ("entities", format!("{entities}]>{}", item("&a29;"))),
        ("a long title", item("x").replace("<title>t", &format!("<title>{}", megabytes("word ", size)))),
        ("a title of tags", item("x").replace("<title>t", &format!("<title>{}", megabytes("&lt;b", size)))),
        ("a long text", cdata(&megabytes("<p>word</p>", size))),
        ("many small tags", format!("<rss>{}", megabytes("<a/>", size))),
        ("many items", format!("<rss>{}</rss>", megabytes("<item><guid>1</guid></item>", size))),
        (
            "many categories",
            format!(
                "<rss><item>{}</item></rss>",
                (0..200_000).map(|n| format!("<category>{n}</category>")).collect::<String>()
            ),
        ),
        ("only less-than", format!("<rss><item><title>{}", megabytes("<", size))),
        ("only ampersands", cdata(&megabytes("&", size)).replace("<![CDATA[", "").replace("]]>", "")),
        ("open quotes", format!("<rss>{}", megabytes("<a b='<a b=\"", size))),
        ("open comments", format!("<rss>{}", megabytes("<!-- <!x>", size))),
        ("declarations", format!("<rss>{}", megabytes("<!x>", size))),
        ("deep JSON", "[".repeat(1_000_000)),
        (
            "long JSON",
            format!(
                "{{\"version\":\"https://jsonfeed.org/version/1\",\"items\":[{}{{}}]}}",
                megabytes("{\"id\":1},", size.min(10))
            ),
        ),
        ("noughts", "\0".repeat(size * 1_000_000)),
    ];
    let mut report = String::new();
    let mut bad = Vec::new();
    for (name, bomb) in bombs {
        let (time, memory) = parse(bomb.as_bytes());
        report.push_str(&format!("{name}: {time:.1?}, {memory} MB\n"));
        if time > Duration::from_secs(if cfg!(debug_assertions) { 8 } else { 2 }) || memory > 200 {
            bad.push(format!("{name}: {time:?}, {memory} MB"));
        }
    }
    println!("{report}");
    assert!(bad.is_empty(), "{bad:#?}");
}
