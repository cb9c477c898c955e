//! What README and docs tell their readers to type, typed: each block is run by a shell, in a folder that
//! stands for the whole machine.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use expect_test::expect;

use crate::bot::{Bot, repository, rss};
use crate::docs::{blocks, pages};
use crate::feed_server::{Answer, FeedServer};

/// What changes more than a folder, or needs what may not be here: it is only written down that they were called.
const OUTSIDE: [&str; 11] = [
    "apt",
    "cargo",
    "chown",
    "docker",
    "journalctl",
    "postalias",
    "postconf",
    "rustup",
    "sqlite3",
    "systemctl",
    "systemd-sysusers",
];

/// A machine in a folder: `/etc`, `/usr`, `/var`, a home with tidings in it, and a site to read.
struct Machine {
    bot: Bot,
    site: FeedServer,
}

impl Machine {
    fn new() -> Self {
        let site = FeedServer::start();
        let news = rss(&[("1", "A quiet night", "The harbour slept.")]);
        site.serve("/", Answer::Feed(news.clone()));
        let bot = Bot::new("");
        for (file, text) in [
            ("etc/systemd/system/.keep", ""),
            ("usr/bin/.keep", ""),
            ("var/lib/tidings/.keep", ""),
            ("var/backups/.keep", ""),
            ("news.xml", &news),
        ] {
            bot.write(file, text);
        }
        let feeds = "<opml version=\"2.0\"><body><outline text=\"Courier\" xmlUrl=\"SITE\"/></body></opml>"
            .replace("SITE", &site.url("/"));
        bot.write("home/me/feeds.opml", &feeds);
        bot.write("home/me/more.opml", &feeds);
        let config = format!(
            "[mail]\nfrom = \"me@example.org\"\n[[feed]]\nurl = \"{}\"\n[[recipient]]\nemail = \"me@example.org\"\n",
            site.url("/")
        );
        bot.write("home/me/news/digest.toml", &config);
        bot.write("etc/tidings/digest.toml", &config);
        symlink(repository("packaging"), bot.path("home/me/packaging")).unwrap();
        for folder in ["home/me/.cargo/bin", "home/me/target/release"] {
            fs::create_dir_all(bot.path(folder)).unwrap();
            symlink(env!("CARGO_BIN_EXE_tidings"), bot.path(folder).join("tidings")).unwrap();
        }
        let noted = "#!/bin/sh\necho \"$(basename \"$0\") $*\" >> \"$ROOT/called\"\n";
        for name in OUTSIDE {
            executable(&bot.path(&format!("stand-ins/{name}")), noted);
        }
        executable(
            &bot.path("stand-ins/xdg-open"),
            "#!/bin/sh\ntest -s \"$1\" || exit 1\ntouch \"$ROOT/opened\"\n",
        );
        // `runuser -u tidings -- COMMAND`
        executable(&bot.path("stand-ins/runuser"), "#!/bin/sh\nshift 3\nexec \"$@\"\n");
        Self { bot, site }
    }

    /// The folders of the machine, and sites of the world, as they are named in the docs.
    fn translated(&self, script: &str) -> String {
        let root = self.bot.path("");
        let root = root.display().to_string();
        let root = root.trim_end_matches('/');
        let mut script = script.to_owned();
        for folder in ["/etc/", "/usr/bin/", "/var/", "/home/me/"] {
            script = script.replace(folder, &format!("{root}{folder}"));
        }
        script
            .replace("https://lwn.net https://xkcd.com", &self.site.url("/"))
            // A group that this machine need not have.
            .replace(" -g tidings", "")
    }

    /// Runs what a reader types, or what cron runs, and wants it to end well.
    fn run(&self, script: &str, path: &str) {
        let ran = Command::new("/bin/sh")
            .args(["-euc", &self.translated(script)])
            .current_dir(self.bot.path("home/me"))
            .env_clear()
            .env("HOME", self.bot.path("home/me"))
            .env("ROOT", self.bot.path(""))
            .env("TIDINGS_CONFIG", self.bot.path("etc/tidings/digest.toml"))
            .env("PATH", path)
            .stdin(fs::File::open("/dev/null").unwrap())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "{script}\n{}{said}", String::from_utf8_lossy(&ran.stdout));
    }

    fn called(&self) -> String {
        fs::read_to_string(self.bot.path("called")).unwrap_or_default()
    }
}

fn executable(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn every_block_for_a_shell_runs() {
    let mut called = BTreeSet::new();
    let mut ran = 0;
    for (name, page) in pages() {
        for block in blocks(&page, "sh") {
            let machine = Machine::new();
            let path = format!(
                "{}:{}:/usr/bin:/bin",
                machine.bot.path("stand-ins").display(),
                machine.bot.path("home/me/.cargo/bin").display()
            );
            machine.run(&block, &path);
            assert_eq!(block.contains("--open"), machine.bot.path("opened").exists(), "{name}:\n{block}");
            called.extend(
                machine
                    .called()
                    .lines()
                    .map(|line| line.replace(machine.bot.path("").to_str().unwrap(), "/")),
            );
            ran += 1;
        }
    }
    assert!(ran >= 11, "{ran}");
    // These are not run here; what they say is looked at by whoever changes it. `.ci/run` runs what it can.
    expect![[r#"
        apt install ./target/debian/tidings_*.deb
        apt install gcc-aarch64-linux-gnu
        apt install musl-tools
        cargo build --release --locked --target aarch64-unknown-linux-gnu
        cargo build --release --locked --target x86_64-unknown-linux-musl
        cargo deb
        cargo install --path .
        cargo install cargo-deb
        cargo run --release -- send
        cargo test
        chown tidings: /var/lib/tidings/aliases
        docker compose exec tidings tidings status
        docker compose kill -s HUP tidings
        docker compose up -d
        journalctl -u tidings -f
        postalias /var/lib/tidings/aliases
        postconf -e recipient_delimiter = + alias_maps = hash:/etc/aliases, hash:/var/lib/tidings/aliases
        rustup target add aarch64-unknown-linux-gnu
        rustup target add x86_64-unknown-linux-musl
        sqlite3 /var/lib/tidings/tidings.db .backup /var/backups/tidings.db
        systemctl enable --now tidings
        systemd-sysusers "#]]
    .assert_eq(&called.into_iter().collect::<Vec<_>>().join("\n"));
}

#[test]
fn every_line_for_cron_runs_as_cron_runs_it() {
    let mut ran = 0;
    for (name, page) in pages() {
        for block in blocks(&page, "crontab") {
            let machine = Machine::new();
            for line in block.lines() {
                let command = line.split_whitespace().skip(5).collect::<Vec<_>>().join(" ");
                machine.run(&command, "/usr/bin:/bin");
                ran += 1;
            }
            let mails = fs::read_dir(machine.bot.path("home/me/news/outbox")).unwrap().count();
            assert_eq!(mails, 1, "{name}:\n{block}");
        }
    }
    assert_eq!(ran, 4);
}

#[test]
fn the_service_of_a_laptop_starts_what_there_is() {
    let running = fs::read_to_string(repository("docs/running.md")).unwrap();
    let unit = &blocks(&running, "ini")[0];
    let machine = Machine::new();
    let start = unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
    let start = start.replace("%h", "/home/me");
    assert!(start.ends_with(" run"), "{start}");
    machine.run(&start.replace(" run", " schedule"), "/usr/bin:/bin");
    machine.run(&format!("{start} --help"), "/usr/bin:/bin");
}
