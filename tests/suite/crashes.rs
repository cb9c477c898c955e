//! The program killed at any instant, the disk full, the database in another's hands:
//! nothing is lost, and nothing comes twice that need not.
//!
//! `TIDINGS_CRASHES=300 cargo test --test suite crashes -- --nocapture` kills it three
//! hundred times and prints what came of it.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::bot::{Bot, Mail, rss};
use crate::postfix::Postfix;
use crate::smtp_server::SmtpServer;

const READERS: usize = 50;
/// Titles and bodies that have nothing in common.
const ENTRIES: [(&str, &str); 6] = [
    ("Ferry goes electric", "Batteries arrived from Tarnley yesterday evening."),
    ("Mayor opens reading room", "Children may borrow seven books each."),
    ("Bakers ask for flour", "Prices doubled since spring, says their guild."),
    ("Storm spares orchards", "Growers expect apples by late September."),
    ("Orchestra seeks cellist", "Auditions begin after Easter in Lowbridge."),
    ("Bridge closed for repairs", "Buses take the northern road until Monday."),
];

/// A real Postfix where there is one, the scripted server elsewhere.
enum Server {
    Postfix(Postfix),
    Script(SmtpServer),
}

impl Server {
    fn start() -> Self {
        Postfix::start().map_or_else(|| Self::Script(SmtpServer::start()), Self::Postfix)
    }

    fn config(&self) -> String {
        match self {
            Self::Postfix(postfix) => postfix.config(),
            Self::Script(server) => server.config(),
        }
    }

    /// The mails to the readers of one edition.
    fn mails(&self, edition: usize) -> Vec<Mail> {
        let all = match self {
            Self::Postfix(postfix) => {
                postfix.settle();
                postfix.mails()
            }
            Self::Script(server) => server.accepted().into_iter().map(|(_, mail)| mail).collect(),
        };
        all.into_iter().filter(|mail| mail.to.starts_with(&format!("t{edition}-"))).collect()
    }
}

/// What a kill found the program at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    BeforeTheEdition,
    Sending,
    Done,
}

/// One edition to fifty readers, and a program that is killed over it.
struct Edition {
    bot: Bot,
    command: &'static str,
}

impl Edition {
    fn new(number: usize, command: &'static str, server: &Server) -> Self {
        let readers: String = (0..READERS)
            .map(|n| format!("[[recipient]]\nemail = \"t{number}-r{n}@example.org\"\n"))
            .collect();
        let bot = Bot::new(&format!(
            "timezone = \"UTC\"\n[mail]\nfrom = \"News <news@example.org>\"\n[[digest]]\nid = \"often\"\ncron = \"*/5 * * * *\"\n[[feed]]\nurl = \"a.xml\"\n[[feed]]\nurl = \"b.xml\"\n{readers}{}",
            server.config()
        ));
        for feed in ["a.xml", "b.xml"] {
            bot.write(feed, &rss(&[]));
        }
        // The digest begins seven minutes ago, so a due time has passed by now.
        let began = (chrono::Utc::now() - chrono::Duration::minutes(7)).to_rfc3339();
        bot.ok(&["collect", "--now", &began]);
        let (first, second) = ENTRIES.split_at(3);
        for (feed, entries) in [("a.xml", first), ("b.xml", second)] {
            let items: Vec<_> = entries.iter().map(|(title, body)| (*title, *title, *body)).collect();
            bot.write(feed, &rss(&items));
        }
        Self { bot, command }
    }

    fn start(&self) -> Child {
        self.bot.start(&[self.command, "--config", "digest.toml"])
    }

    fn database(&self) -> Connection {
        let database = Connection::open(self.bot.path("tidings.db")).expect("the database opens");
        database.busy_timeout(Duration::from_secs(10)).unwrap();
        database
    }

    fn number(&self, sql: &str) -> i64 {
        self.database().query_row(sql, [], |r| r.get(0)).expect(sql)
    }

    fn phase(&self) -> Phase {
        match self.number("SELECT count(*) FROM delivery") {
            0 => Phase::BeforeTheEdition,
            _ if self.number("SELECT count(*) FROM delivery WHERE state NOT IN ('delivered', 'unknown')")
                > 0 =>
            {
                Phase::Sending
            }
            _ => Phase::Done,
        }
    }

    /// Lets it end its work undisturbed. A mail that was in hand at three kills is held, and goes
    /// out when the owner says so.
    fn finish(&self) -> Duration {
        let took = self.settle();
        let held = "SELECT count(*) FROM delivery WHERE state = 'unknown'";
        let often = "SELECT count(*) FROM delivery WHERE state = 'unknown' AND 3 <=
                     (SELECT count(*) FROM attempt WHERE delivery = delivery.id AND outcome = 'unknown')";
        assert_eq!(self.number(held), self.number(often), "held too soon: {}", self.bot.log());
        let ids: Vec<i64> = {
            let database = self.database();
            let mut query = database.prepare("SELECT id FROM delivery WHERE state = 'unknown'").unwrap();
            query.query_map([], |r| r.get(0)).unwrap().map(Result::unwrap).collect()
        };
        for id in &ids {
            self.bot.ok(&["outbox", "retry", &id.to_string()]);
        }
        if !ids.is_empty() {
            self.settle();
        }
        took
    }

    fn settle(&self) -> Duration {
        let start = Instant::now();
        let mut child = self.start();
        while self.phase() != Phase::Done {
            assert!(start.elapsed() < Duration::from_secs(60), "{}", self.bot.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        let took = start.elapsed();
        if self.command == "run" {
            Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
        }
        child.wait().unwrap();
        took
    }

    /// Everybody has everything, under one Message-ID each; says who has it twice.
    fn check(&self, mails: &[Mail], case: &str) -> usize {
        assert_eq!(self.number("SELECT count(*) FROM edition"), 1, "{case}");
        assert_eq!(self.number("SELECT count(*) FROM seen"), ENTRIES.len() as i64, "{case}");
        assert_eq!(
            self.number("SELECT count(*) FROM entry JOIN carried USING (feed, key) WHERE place = 'shown'"),
            ENTRIES.len() as i64,
            "{case}: an entry is missing or in two editions"
        );
        let integrity: String =
            self.database().query_row("PRAGMA integrity_check", [], |r| r.get(0)).unwrap();
        assert_eq!(integrity, "ok", "{case}");
        let mut by_reader: BTreeMap<&str, Vec<&Mail>> = BTreeMap::new();
        for mail in mails {
            by_reader.entry(&mail.to).or_default().push(mail);
            for (title, _) in ENTRIES {
                assert_eq!(
                    mail.text.matches(&format!(". {title}\n")).count(),
                    1,
                    "{case}: {title}: {}",
                    mail.text
                );
            }
        }
        assert_eq!(by_reader.len(), READERS, "{case}: somebody has no edition");
        let mut repeats = 0;
        for (reader, mails) in by_reader {
            let ids: BTreeSet<_> = mails.iter().map(|m| &m.id).collect();
            assert_eq!(ids.len(), 1, "{case}: {reader} has two editions");
            repeats += mails.len() - 1;
            let unknown = self.number(&format!(
                "SELECT count(*) FROM attempt JOIN delivery ON delivery.id = delivery
                 WHERE address = '{reader}' AND outcome = 'unknown'"
            ));
            assert!(
                mails.len() as i64 - 1 <= unknown,
                "{case}: {reader} has it twice though all was recorded"
            );
        }
        repeats
    }
}

#[test]
fn killed_at_any_instant_it_loses_nothing_and_repeats_only_what_nobody_can_know() {
    let kills: usize = std::env::var("TIDINGS_CRASHES").ok().and_then(|n| n.parse().ok()).unwrap_or(6);
    let seed =
        std::env::var("TIDINGS_SEED").ok().and_then(|n| n.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    let mut random = fastrand::Rng::with_seed(seed);
    let server = Server::start();
    // How long it takes undisturbed.
    let mut takes = BTreeMap::new();
    let mut editions = 0;
    for command in ["send", "run"] {
        let edition = Edition::new(editions, command, &server);
        takes.insert(command, edition.finish());
        assert_eq!(edition.check(&server.mails(editions), "undisturbed"), 0);
        editions += 1;
    }
    let mut table: BTreeMap<(&str, Phase), (usize, usize)> = BTreeMap::new();
    let mut killed = 0;
    while killed < kills {
        let command = if random.bool() { "send" } else { "run" };
        let edition = Edition::new(editions, command, &server);
        let mut phases = Vec::new();
        // Some are killed again when they have just come back.
        for _ in 0..random.usize(1..=3) {
            let mut child = edition.start();
            std::thread::sleep(takes[command].mul_f64(random.f64()));
            child.kill().unwrap();
            child.wait().unwrap();
            phases.push(edition.phase());
            killed += 1;
        }
        edition.finish();
        let case = format!("seed {seed}, edition {editions}, {command} killed at {phases:?}");
        let repeats = edition.check(&server.mails(editions), &case);
        let sending = phases.iter().filter(|p| **p == Phase::Sending).count();
        assert!(repeats <= sending * 3, "{case}: at most one mail a connection may repeat, {repeats} did");
        for phase in &phases {
            table.entry((command, *phase)).or_default().0 += 1;
        }
        if let Some(phase) = phases.iter().rev().find(|p| **p == Phase::Sending) {
            table.entry((command, *phase)).or_default().1 += repeats;
        }
        editions += 1;
    }
    let name = if matches!(server, Server::Postfix(_)) { "Postfix" } else { "a scripted server" };
    eprintln!("{killed} kills in {editions} editions to {READERS} readers, against {name} (seed {seed}):");
    eprintln!("command  killed at         kills  lost  mails repeated (same Message-ID)");
    for ((command, phase), (kills, repeats)) in table {
        let phase = format!("{phase:?}");
        eprintln!("{command:7}  {phase:16}  {kills:5}  {:4}  {repeats:5}", 0);
    }
}

#[test]
fn a_database_in_anothers_hands_is_waited_for_and_then_named() {
    let server = SmtpServer::start();
    let bot = Bot::new(&format!("{{mail}}\n[[feed]]\nurl = \"feed.xml\"\n{}", server.config()));
    bot.write("feed.xml", &rss(&[("1", "One", "First.")]));
    bot.ok(&["collect"]);
    let other = Connection::open(bot.path("tidings.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let ran = bot.run(&["send"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("the database is in use by another program"), "{}", ran.stderr);
    assert!(server.accepted().is_empty());
    other.execute_batch("ROLLBACK").unwrap();
    bot.ok(&["send"]);
    assert_eq!(server.accepted().len(), 1);
    // Held for a moment only, it is waited for.
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    bot.write("feed.xml", &rss(&[("2", "Two", "Second.")]));
    let sending = bot.start(&["send"]);
    std::thread::sleep(Duration::from_secs(2));
    other.execute_batch("ROLLBACK").unwrap();
    let ended = sending.wait_with_output().unwrap();
    assert!(ended.status.success(), "{}", bot.log());
    assert_eq!(server.accepted().len(), 2);
}

/// A disk of one megabyte. None where there cannot be one, which is said.
pub struct SmallDisk(std::path::PathBuf);

impl SmallDisk {
    pub fn mount(path: std::path::PathBuf) -> Option<Self> {
        std::fs::create_dir_all(&path).unwrap();
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"]).arg(&path).output();
        if mounted.is_ok_and(|m| m.status.success()) {
            Some(Self(path))
        } else {
            eprintln!("skipped: no file system can be mounted here");
            None
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_is_named_and_work_resumes_when_there_is_room() {
    let server = SmtpServer::start();
    let bot = Bot::new(&format!(
        "database = \"disk/tidings.db\"\n{{mail}}\n[[feed]]\nurl = \"feed.xml\"\n{}",
        server.config()
    ));
    let Some(_disk) = SmallDisk::mount(bot.path("disk")) else { return };
    bot.write("feed.xml", &rss(&[("1", "One", "First.")]));
    bot.ok(&["send"]);
    std::fs::write(bot.path("disk/ballast"), vec![0; 640_000]).unwrap();
    let long = "A long article that fills the disk. ".repeat(20_000);
    bot.write("feed.xml", &rss(&[("2", "Two", &long)]));
    let ran = bot.run(&["send"]);
    assert_eq!(ran.code, 1, "{}", ran.stdout);
    assert!(ran.stderr.contains("there is no room left on the disk of the database"), "{}", ran.stderr);
    assert_eq!(server.accepted().len(), 1);
    std::fs::remove_file(bot.path("disk/ballast")).unwrap();
    bot.write("feed.xml", &rss(&[("2", "Two", "Second."), ("3", "Three", "Third.")]));
    bot.ok(&["send"]);
    let mails = server.accepted();
    assert_eq!(mails.len(), 2);
    assert!(
        mails[1].1.text.contains(". Two\n") && mails[1].1.text.contains(". Three\n"),
        "{}",
        mails[1].1.text
    );
    let database = Connection::open(bot.path("disk/tidings.db")).unwrap();
    let integrity: String = database.query_row("PRAGMA integrity_check", [], |r| r.get(0)).unwrap();
    assert_eq!(integrity, "ok");
}
