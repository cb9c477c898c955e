//! The daemon's minutes under a clock of our own: years of mornings in seconds.
//!
//! `TIDINGS_DAYS=365 cargo test --release --test suite years -- --nocapture` lives through a
//! year with fifty feeds, and prints what it leaves behind.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration as StdDuration, Instant};

use chrono::{DateTime, Duration, TimeZone, Utc};
use chrono_tz::Tz;
use rusqlite::Connection;
use tidings::app::alerts::alert;
use tidings::app::dispatch::{When, dispatch};
use tidings::app::retention::prune;
use tidings::app::serve::gather;
use tidings::app::{App, Clock};
use tidings::config::Config;
use tidings::store::{Preferences, Store};
use tokio::sync::watch;

use crate::bot::{Bot, Mail, rss};
use crate::feed_server::{Answer, FeedServer};
use crate::smtp_server::{Does, SmtpServer, Step};

/// A daemon that lives when it is told to.
struct Life {
    bot: Bot,
    app: App,
    time: Arc<AtomicI64>,
    clock: Clock,
    stop: watch::Receiver<bool>,
    _raise: watch::Sender<bool>,
    runtime: tokio::runtime::Runtime,
}

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

impl Life {
    fn begin(config: &str, at: DateTime<Utc>) -> Self {
        let bot = Bot::new(config);
        let time = Arc::new(AtomicI64::new(at.timestamp_millis()));
        let (raise, stop) = watch::channel(false);
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let app = App::open(Config::load(&bot.path("digest.toml")).unwrap()).unwrap();
        Self { bot, app, clock: Clock::Stopped(Arc::clone(&time)), time, stop, _raise: raise, runtime }
    }

    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.time.load(Ordering::Relaxed)).unwrap()
    }

    fn set(&self, at: DateTime<Utc>) {
        self.time.store(at.timestamp_millis(), Ordering::Relaxed);
    }

    /// What the daemon does when a minute has passed.
    fn minute(&self) {
        self.runtime.block_on(async {
            gather(&self.app, &self.clock).await.unwrap();
            dispatch(&self.app, When::Due, &self.clock, &self.stop).await.unwrap();
            alert(&self.app, &self.clock).await.unwrap();
            prune(&self.app, &self.clock).await.unwrap();
        });
    }

    /// Minutes, each so long after the other, until that time.
    fn live(&self, until: DateTime<Utc>, step: Duration) {
        while self.now() < until {
            self.minute();
            self.set(self.now() + step);
        }
    }

    /// A new process, which remembers nothing.
    fn restart(&mut self) {
        self.app = App::open(Config::load(&self.bot.path("digest.toml")).unwrap()).unwrap();
    }

    fn database(&self) -> Connection {
        Connection::open(self.bot.path("tidings.db")).unwrap()
    }

    /// The due times of all editions, as clocks in their zone showed them.
    fn editions(&self, zone: Tz) -> Vec<String> {
        let database = self.database();
        let mut query = database.prepare("SELECT due FROM edition ORDER BY id").unwrap();
        let due = query.query_map([], |r| r.get::<_, i64>(0)).unwrap();
        due.map(|due| zone.timestamp_opt(due.unwrap(), 0).unwrap().format("%m-%d %H:%M %Z").to_string())
            .collect()
    }

    /// A feed of one entry that is new.
    fn news(&self, number: u32) {
        let title = format!("Article number {number}");
        self.bot.write("feed.xml", &rss(&[(&number.to_string(), &title, &format!("Words about {number}."))]));
    }

    fn mails(&self) -> Vec<Mail> {
        self.bot.outbox().into_values().collect()
    }
}

const ONE: &str = "timezone = \"Europe/Berlin\"\n[mail]\nfrom = \"News <news@example.org>\"\n[[recipient]]\nemail = \"ada@example.org\"\n[[feed]]\nurl = \"feed.xml\"\n";

const MINUTE: Duration = Duration::minutes(1);

#[test]
fn one_edition_a_morning_across_both_changes_of_the_clocks() {
    for (first_day, time, expected) in [
        // 02:30 does not exist on the 29th of March.
        ("2026-03-27T23:00:00Z", "02:30", ["03-28 02:30 CET", "03-29 03:00 CEST", "03-30 02:30 CEST"]),
        // and comes twice on the 25th of October.
        ("2026-10-23T22:00:00Z", "02:30", ["10-24 02:30 CEST", "10-25 02:30 CEST", "10-26 02:30 CET"]),
        ("2026-03-27T23:00:00Z", "07:30", ["03-28 07:30 CET", "03-29 07:30 CEST", "03-30 07:30 CEST"]),
    ] {
        let life = Life::begin(&format!("{ONE}[[digest]]\nat = \"{time}\"\n"), utc(first_day));
        life.news(0);
        for day in 1..=3 {
            let midnight = life.now();
            life.live(midnight + Duration::hours(8), Duration::minutes(5));
            life.news(day);
            life.live(midnight + Duration::hours(24), Duration::minutes(30));
        }
        assert_eq!(life.editions(chrono_tz::Europe::Berlin), expected, "{first_day} {time}");
        assert_eq!(life.mails().len(), 3);
        // What `schedule` prints is what was done.
        let printed = life.bot.ok(&["schedule", "--json", "--from", first_day, "--count", "3"]).stdout;
        let printed: serde_json::Value = serde_json::from_str(&printed).unwrap();
        let zone = chrono_tz::Europe::Berlin;
        let times: Vec<_> = printed
            .as_array()
            .unwrap()
            .iter()
            .map(|d| {
                utc(d["utc"].as_str().unwrap()).with_timezone(&zone).format("%m-%d %H:%M %Z").to_string()
            })
            .collect();
        assert_eq!(times, expected);
    }
}

#[test]
fn after_a_week_away_there_is_one_edition_that_says_it_is_late() {
    let mut life = Life::begin(&format!("{ONE}[[digest]]\nat = \"07:30\"\n"), utc("2026-11-02T05:00:00Z"));
    life.news(1);
    life.live(utc("2026-11-02T08:00:00Z"), MINUTE);
    assert_eq!(life.mails().len(), 1);
    // The machine sleeps for a week; meanwhile the feed goes on.
    let items: Vec<_> = (2..9).map(|n| (n.to_string(), format!("Day {n} has its own news"))).collect();
    let items: Vec<_> =
        items.iter().map(|(id, title)| (id.as_str(), title.as_str(), title.as_str())).collect();
    life.bot.write("feed.xml", &rss(&items));
    life.set(utc("2026-11-09T12:05:00Z"));
    life.restart();
    life.live(utc("2026-11-09T13:00:00Z"), MINUTE);
    assert_eq!(life.editions(chrono_tz::Europe::Berlin), ["11-02 07:30 CET", "11-09 07:30 CET"]);
    let late: Vec<_> = life.mails().into_iter().filter(|m| m.text.contains("Edition 2")).collect();
    assert_eq!(late.len(), 1);
    assert!(late[0].text.contains("Monday, 9 November 2026 · Late: 13:05"), "{}", late[0].text);
    for (_, title, _) in &items {
        assert!(late[0].text.contains(title), "the window reaches back to the last edition: {title}");
    }
    life.news(99);
    life.live(utc("2026-11-10T07:00:00Z"), Duration::minutes(5));
    let last = life.mails().into_iter().find(|m| m.text.contains("Edition 3")).unwrap();
    assert!(!last.text.contains("Late"), "{}", last.text);
}

#[test]
fn what_was_missed_too_long_ago_goes_into_the_next_edition() {
    let mut life = Life::begin(
        &format!("{ONE}[[digest]]\nat = \"07:30\"\ncatch_up = \"2h\"\n"),
        utc("2026-11-02T05:00:00Z"),
    );
    life.news(1);
    life.live(utc("2026-11-02T08:00:00Z"), Duration::minutes(5));
    life.news(2);
    life.set(utc("2026-11-04T12:05:00Z"));
    life.restart();
    life.live(utc("2026-11-04T13:00:00Z"), Duration::minutes(5));
    assert_eq!(life.mails().len(), 1, "five hours late is too late for this digest");
    life.live(utc("2026-11-05T07:00:00Z"), Duration::minutes(5));
    assert_eq!(life.editions(chrono_tz::Europe::Berlin), ["11-02 07:30 CET", "11-05 07:30 CET"]);
    assert!(life.mails().iter().any(|m| m.text.contains("Article number 2")));
}

#[test]
fn a_clock_set_back_an_hour_repeats_nothing() {
    let life = Life::begin(&format!("{ONE}[[digest]]\nat = \"07:30\"\n"), utc("2026-11-02T05:00:00Z"));
    life.news(1);
    life.live(utc("2026-11-02T07:00:00Z"), MINUTE);
    life.news(2);
    life.set(utc("2026-11-02T06:00:00Z"));
    life.live(utc("2026-11-02T08:00:00Z"), MINUTE);
    assert_eq!(life.editions(chrono_tz::Europe::Berlin), ["11-02 07:30 CET"]);
    life.live(utc("2026-11-03T07:00:00Z"), Duration::minutes(5));
    assert_eq!(life.editions(chrono_tz::Europe::Berlin), ["11-02 07:30 CET", "11-03 07:30 CET"]);
    assert_eq!(life.mails().len(), 2);
}

#[test]
fn a_new_configuration_counts_from_the_next_beat_on() {
    let mut life = Life::begin(&format!("{ONE}[[digest]]\nat = \"07:30\"\n"), utc("2026-11-02T05:00:00Z"));
    life.news(1);
    life.live(utc("2026-11-02T08:00:00Z"), Duration::minutes(5));
    life.bot.write("digest.toml", &format!("{ONE}[[digest]]\nat = \"20:00\"\n"));
    life.restart();
    life.news(2);
    life.live(utc("2026-11-03T08:00:00Z"), Duration::minutes(5));
    assert_eq!(life.editions(chrono_tz::Europe::Berlin), ["11-02 07:30 CET", "11-02 20:00 CET"]);
}

#[test]
fn an_edition_starts_with_fresh_entries_and_other_polls_spread() {
    let server = FeedServer::start();
    let feeds: String =
        (0..30).map(|n| format!("[[feed]]\nurl = \"{}\"\n", server.url(&format!("/{n}")))).collect();
    for n in 0..30 {
        server.serve(&format!("/{n}"), Answer::Feed(rss(&[("1", &format!("First of {n}"), "Words.")])));
    }
    let config = ONE.replace("[[feed]]\nurl = \"feed.xml\"\n", &feeds);
    let life = Life::begin(&format!("{config}[[digest]]\nat = \"07:30\"\n"), utc("2026-11-02T05:00:00Z"));
    life.minute();
    assert_eq!(server.requests().len(), 30, "a new feed is polled at once");
    let mut at_once = Vec::new();
    while life.now() < utc("2026-11-02T06:24:00Z") {
        life.set(life.now() + MINUTE);
        let before = server.requests().len();
        life.minute();
        at_once.push(server.requests().len() - before);
    }
    assert!(at_once.iter().all(|polls| *polls <= 1), "{at_once:?}");
    // Five minutes before it is due, everything is looked at once more.
    let before = server.requests().len();
    server.serve("/7", Answer::Feed(rss(&[("1", "First of 7", "Words."), ("2", "Just in time", "Words.")])));
    life.live(utc("2026-11-02T06:29:30Z"), MINUTE);
    assert!(server.requests().len() - before >= 20, "{}", server.requests().len() - before);
    let before = server.requests().len();
    life.set(utc("2026-11-02T06:30:00Z"));
    life.minute();
    assert!(server.requests().len() - before <= 1, "so that it need not wait when it is");
    assert!(life.mails()[0].text.contains("Just in time"));
}

#[test]
fn a_poll_that_outlasts_its_interval_is_not_begun_again() {
    let server = FeedServer::start();
    server.serve("/slow", Answer::Slow(StdDuration::from_secs(3), rss(&[("1", "One", "Words.")])));
    let config = ONE.replace("url = \"feed.xml\"", &format!("url = \"{}\"", server.url("/slow")));
    let bot = Bot::new(&format!("{config}[fetch]\ninterval = \"1s\"\n[[digest]]\ncron = \"0 0 1 1 *\"\n"));
    let mut daemon = bot.start(&["run"]);
    std::thread::sleep(StdDuration::from_secs(5));
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    assert_eq!(server.busiest(), 1, "{}", bot.log());
}

#[test]
fn the_owner_is_told_once_of_each_trouble_and_once_of_its_end() {
    let feeds = FeedServer::start();
    feeds.serve("/good", Answer::Feed(rss(&[("1", "One", "Words.")])));
    feeds.serve("/bad", Answer::Raw("HTTP/1.1 500 Broken", Vec::new()));
    let server = SmtpServer::start();
    let life = Life::begin(
        &format!(
            "timezone = \"UTC\"\n[mail]\nfrom = \"News <news@example.org>\"\n[alerts]\nto = \"owner@example.org\"\n[[recipient]]\nemail = \"ada@example.org\"\n[[recipient]]\nemail = \"bob@example.org\"\n[[feed]]\nid = \"good\"\nurl = \"{}\"\n[[feed]]\nid = \"bad\"\nurl = \"{}\"\n{}",
            feeds.url("/good"),
            feeds.url("/bad"),
            server.config()
        ),
        utc("2026-11-02T05:00:00Z"),
    );
    let alerts = || -> Vec<Mail> {
        let mails = server.accepted().into_iter().filter(|(to, _)| to == "owner@example.org");
        mails.map(|(_, mail)| mail).collect()
    };
    server.fault("bob@example.org", Step::Rcpt, Does::Reply("550 5.1.1 no such user"));
    life.live(utc("2026-11-03T00:00:00Z"), Duration::minutes(10));
    let mails = alerts();
    assert_eq!(mails.len(), 1, "{mails:#?}");
    assert_eq!(mails[0].subject, "tidings: 2 things you should know");
    assert!(mails[0].text.contains("bob@example.org gets no more mails: 550 5.1.1"), "{}", mails[0].text);
    assert!(mails[0].text.contains("1 mail of edition daily/1 did not arrive"), "{}", mails[0].text);
    life.live(utc("2026-11-05T12:00:00Z"), Duration::minutes(30));
    let mails = alerts();
    assert_eq!(mails.len(), 2, "{mails:#?}");
    assert!(
        mails[1].subject.starts_with("tidings: the feed bad has failed since 2026-11-02"),
        "{}",
        mails[1].subject
    );
    feeds.serve("/bad", Answer::Feed(rss(&[("9", "Back again", "Words.")])));
    life.live(utc("2026-11-07T12:00:00Z"), Duration::minutes(30));
    let mails = alerts();
    assert_eq!(mails.len(), 3, "{mails:#?}");
    assert!(
        mails[2].subject.starts_with("tidings: over: the feed bad has failed since"),
        "{}",
        mails[2].subject
    );
}

#[test]
fn a_ping_tells_a_watchdog_that_an_edition_came_out() {
    let pings = FeedServer::start();
    pings.serve("/ping", Answer::Feed("OK".into()));
    let life = Life::begin(
        &format!("{ONE}[[digest]]\nat = \"07:30\"\nping = \"{}\"\n", pings.url("/ping")),
        utc("2026-11-02T05:00:00Z"),
    );
    life.news(1);
    life.live(utc("2026-11-02T06:25:00Z"), Duration::minutes(5));
    assert_eq!(pings.requests().len(), 0);
    life.live(utc("2026-11-03T08:00:00Z"), Duration::minutes(5));
    assert_eq!(
        pings.requests().len(),
        2,
        "also when there was nothing new: the watchdog wants to know of us"
    );
}

/// Resident memory of this process, MB.
fn memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<f64>().ok()).unwrap_or_default() / 1024.0
}

/// A feed of a simulated year: what it has published of late, and whether it can be read.
struct Outlet {
    published: VecDeque<(u32, String)>,
    broken_until: Option<DateTime<Utc>>,
}

impl Outlet {
    /// It goes on publishing while nobody can read it.
    fn publish(&mut self, number: u32, body: String) {
        self.published.push_front((number, body));
        self.published.truncate(150);
    }

    fn document(&self) -> String {
        let items: Vec<(String, String, &str)> = self
            .published
            .iter()
            .map(|(number, body)| {
                let word = body.split(' ').next().unwrap_or_default();
                (number.to_string(), format!("entry {number} {word}"), body.as_str())
            })
            .collect();
        rss(&items.iter().map(|(id, title, body)| (id.as_str(), title.as_str(), *body)).collect::<Vec<_>>())
    }
}

#[test]
fn a_long_life_carries_every_entry_once_and_stays_small() {
    let days: i64 = std::env::var("TIDINGS_DAYS").ok().and_then(|n| n.parse().ok()).unwrap_or(8);
    let outlets = if days > 60 { 50 } else { 8 };
    let mut random = fastrand::Rng::with_seed(8);
    let feeds: String = (0..outlets)
        .map(|n| {
            format!("[[feed]]\nid = \"outlet-{n}\"\nurl = \"{n}.xml\"\nfirst_run = 100\nmax_items = 100\n")
        })
        .collect();
    let readers: String = (0..5).map(|n| format!("[[recipient]]\nemail = \"r{n}@example.org\"\n")).collect();
    let begin = utc("2026-01-01T00:00:00Z");
    let life = Life::begin(
        &format!(
            "timezone = \"Europe/Berlin\"\nkeep = \"30d\"\n[mail]\nfrom = \"News <news@example.org>\"\n[alerts]\nto = \"owner@example.org\"\n[[digest]]\nid = \"daily\"\nmax_html = \"1MB\"\n{feeds}{readers}"
        ),
        begin,
    );
    let mut world: Vec<Outlet> =
        (0..outlets).map(|_| Outlet { published: VecDeque::new(), broken_until: None }).collect();
    let started = Instant::now();
    let mut number = 0u32;
    let mut sizes = Vec::new();
    let word = |random: &mut fastrand::Rng| -> String {
        (0..random.usize(3..10)).map(|_| random.lowercase()).collect()
    };
    for hour in 0..days * 24 {
        let now = begin + Duration::hours(hour);
        for (n, outlet) in world.iter_mut().enumerate() {
            // Feeds die for some hours or days, and heal.
            if outlet.broken_until.is_none() && random.u32(0..2000) == 0 {
                outlet.broken_until = Some(now + Duration::hours(random.i64(2..100)));
            }
            let was_broken = outlet.broken_until.is_some();
            outlet.broken_until = outlet.broken_until.filter(|until| *until > now);
            let has_news = random.u32(0..24) < 2 || hour == 0;
            if has_news {
                number += 1;
                let words: Vec<String> = (0..60).map(|_| word(&mut random)).collect();
                outlet.publish(number, words.join(" "));
            }
            match outlet.broken_until {
                Some(_) => life.bot.write(&format!("{n}.xml"), "<html><h1>502 Bad Gateway</h1></html>"),
                None if has_news || was_broken => life.bot.write(&format!("{n}.xml"), &outlet.document()),
                None => {}
            }
        }
        life.set(now);
        // Every poll has its minute, and the edition its own.
        for minute in [0, 25, 30, 59] {
            life.set(now + Duration::minutes(minute));
            life.minute();
        }
        if hour % (24 * 30.min(days)) == 0 {
            let size = std::fs::metadata(life.bot.path("tidings.db")).unwrap().len();
            sizes.push((hour / 24, size as f64 / 1e6, memory()));
        }
    }
    // All heal, and the last edition brings what they held back.
    let end = begin + Duration::days(days);
    for (n, outlet) in world.iter().enumerate() {
        life.bot.write(&format!("{n}.xml"), &outlet.document());
    }
    life.set(end);
    life.live(end + Duration::hours(24), Duration::minutes(15));

    let database = life.database();
    let count = |sql: &str| database.query_row(sql, [], |r| r.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT count(*) FROM seen"), i64::from(number), "every entry was met");
    let mut carried: HashMap<u32, HashMap<String, u32>> = HashMap::new();
    let mut editions = 0;
    for mail in life.mails().into_iter().filter(|m| m.to != "owner@example.org") {
        editions += 1;
        // Past the table of contents.
        let stories = mail.text.find("\n1. ").and_then(|at| mail.text.get(at..)).unwrap_or(&mail.text);
        for line in stories.lines() {
            let title =
                line.split_once(". entry ").or_else(|| line.split_once("- entry ")).map(|(_, rest)| rest);
            if let Some(number) = title.and_then(|t| t.split(' ').next()?.parse::<u32>().ok()) {
                *carried.entry(number).or_default().entry(mail.to.clone()).or_default() += 1;
            }
        }
    }
    for entry in 1..=number {
        let readers = carried.get(&entry);
        assert_eq!(readers.map_or(0, HashMap::len), 5, "entry {entry} did not reach everybody");
        assert!(readers.unwrap().values().all(|times| *times == 1), "entry {entry} came twice: {readers:?}");
    }
    assert_eq!(editions, 5 * (days + 1), "one edition a day for each of five readers");
    eprintln!(
        "{days} days, {outlets} feeds, {number} entries, {editions} mails in {:.0} s",
        started.elapsed().as_secs_f64()
    );
    eprintln!("day   database  memory");
    for (day, size, memory) in sizes {
        eprintln!("{day:4}  {size:5.1} MB  {memory:5.1} MB");
    }
    let mut sizes = database
        .prepare("SELECT name, sum(pgsize) / 1e6 FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 12")
        .ok();
    if let Some(query) = &mut sizes {
        let rows = query.query_map([], |r| Ok((r.get::<_, String>(0)?, r.get::<_, f64>(1)?))).unwrap();
        for (name, size) in rows.flatten() {
            eprintln!("{name:30} {size:6.2} MB");
        }
    }
}

#[test]
fn pictures_are_there_before_their_edition_is_due() {
    let server = FeedServer::start();
    let mut jpeg = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(1600, 900, image::Rgb([40, 80, 90]))
        .write_to(&mut jpeg, image::ImageFormat::Jpeg)
        .unwrap();
    server
        .serve("/harbour.jpg", Answer::Raw("HTTP/1.1 200 OK\r\nContent-Type: image/jpeg", jpeg.into_inner()));
    let article = |n: u32, picture: &str| {
        let url = server.url(picture);
        format!(
            "<item><guid>{n}</guid><title>Article {n}</title><enclosure url=\"{url}\" type=\"image/jpeg\"/><description>Words of article {n}.</description></item>"
        )
    };
    let life = Life::begin(
        r#"{mail}
        [fetch]
        allow_private_networks = true
        [[feed]]
        url = "feed.xml"
        [[digest]]
        id = "daily"
        at = "07:00"
        images = "embed""#,
        utc("2026-11-22T06:56:00Z"),
    );
    let items = article(1, "/harbour.jpg") + &article(2, "/gone.jpg");
    life.bot.write("feed.xml", &format!("<rss version=\"2.0\"><channel>{items}</channel></rss>"));
    let pictures = || server.requests().iter().filter(|request| request.path.ends_with(".jpg")).count();
    life.minute();
    assert_eq!(pictures(), 2);
    assert!(life.bot.outbox().is_empty());
    life.set(utc("2026-11-22T06:58:00Z"));
    life.minute();
    life.set(utc("2026-11-22T07:00:00Z"));
    life.minute();
    assert_eq!(life.bot.only_mail().html.unwrap().matches("src=\"cid:").count(), 1);
    assert_eq!(pictures(), 2, "neither asked for again when the edition is due");
}

#[test]
fn each_reader_gets_what_they_chose_over_a_month_a_restart_and_a_change_of_the_clocks() {
    let readers =
        ["each", "weekly", "paused", "leaves", "both"].map(|name| format!("\"{name}@example.org\""));
    let mut life = Life::begin(
        &format!(
            "timezone = \"Europe/Berlin\"\n[mail]\nfrom = \"News <news@example.org>\"\n[[feed]]\nurl = \"feed.xml\"\n[[digest]]\nid = \"daily\"\nat = \"07:30\"\nto = [{}]\n",
            readers.join(", ")
        ),
        utc("2026-10-11T22:30:00Z"),
    );
    let store = Store::open(&life.bot.path("tidings.db")).unwrap();
    let weekly = Preferences { weekly: true, ..Preferences::default() };
    store.prefer("weekly@example.org", &weekly).unwrap();
    let until = |text: &str| Some(utc(text));
    store
        .prefer(
            "paused@example.org",
            &Preferences { paused_until: until("2026-11-04T23:00:00Z"), ..Preferences::default() },
        )
        .unwrap();
    // A week of rest, in the middle of which the clocks are set back.
    store
        .prefer("both@example.org", &Preferences { paused_until: until("2026-10-28T23:00:00Z"), ..weekly })
        .unwrap();
    let mut articles = Vec::new();
    for day in 0..28 {
        let two = [format!("Morning {day:02}"), format!("Evening {day:02}")];
        let items: Vec<_> =
            two.iter().map(|title| (title.as_str(), title.as_str(), "Words of that day.")).collect();
        life.bot.write("feed.xml", &rss(&items));
        articles.extend(two.clone());
        let tomorrow = life.now() + Duration::days(1);
        life.live(tomorrow, Duration::hours(1));
        if day == 9 {
            let token: String = life
                .database()
                .query_row("SELECT token FROM subscription WHERE address = 'leaves@example.org'", [], |r| {
                    r.get(0)
                })
                .unwrap();
            store.leave(&token, life.now()).unwrap();
        }
        if day == 12 {
            // Before the weekly edition of that night's change.
            life.restart();
        }
    }
    let to = |name: &str| -> Vec<Mail> {
        let address = format!("{name}@example.org");
        let mut mails: Vec<Mail> = life.mails().into_iter().filter(|mail| mail.to == address).collect();
        mails.sort_by_key(|mail| articles.iter().position(|title| mail.text.contains(title)));
        mails
    };
    let counts = ["each", "weekly", "paused", "leaves", "both"].map(|name| to(name).len());
    // Sundays are the 18th, the 25th, the 1st and the 8th.
    assert_eq!(counts, [28, 4, 4, 10, 2]);
    for (week, mail) in to("weekly").iter().enumerate() {
        let told: Vec<&String> = articles.iter().filter(|title| mail.text.contains(*title)).collect();
        let own: Vec<&String> = articles.iter().skip(week * 14).take(14).collect();
        assert_eq!(told, own, "week {week}");
    }
    let editions: Vec<(String, i64)> = {
        let database = life.database();
        let mut query =
            database.prepare("SELECT digest, count(*) FROM edition GROUP BY digest ORDER BY 1").unwrap();
        query.query_map([], |r| Ok((r.get(0)?, r.get(1)?))).unwrap().map(Result::unwrap).collect()
    };
    assert_eq!(editions, [("daily".to_owned(), 28), ("daily+weekly".to_owned(), 4)]);
}

#[test]
fn a_week_that_ended_while_nobody_was_there_is_told_in_the_next() {
    let mut life = Life::begin(
        &format!("{ONE}[[digest]]\nid = \"daily\"\nat = \"07:30\"\n"),
        utc("2026-11-15T23:30:00Z"),
    );
    let store = Store::open(&life.bot.path("tidings.db")).unwrap();
    store.prefer("ada@example.org", &Preferences { weekly: true, ..Preferences::default() }).unwrap();
    for day in 0..5 {
        life.news(day);
        let tomorrow = life.now() + Duration::days(1);
        life.live(tomorrow, Duration::hours(1));
    }
    // From Saturday to Monday evening.
    life.set(utc("2026-11-23T18:30:00Z"));
    life.restart();
    life.live(utc("2026-11-23T20:30:00Z"), Duration::hours(1));
    let mails = life.mails();
    assert_eq!(mails.len(), 1, "{mails:#?}");
    for day in 0..5 {
        assert!(mails[0].text.contains(&format!("Article number {day}")), "{day}: {}", mails[0].text);
    }
}
