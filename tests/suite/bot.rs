//! A tidings in a temporary folder.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use mail_parser::MessageParser;
use tempfile::TempDir;

/// A folder with a `digest.toml` and whatever the program makes of it.
pub struct Bot {
    folder: TempDir,
}

/// How a command ended.
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// A mail as its reader sees it.
#[derive(Debug, Clone)]
pub struct Mail {
    pub id: String,
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: Option<String>,
}

impl Mail {
    pub fn read(bytes: &[u8]) -> Self {
        let mail = MessageParser::default().parse(bytes).expect("a mail that can be read");
        let html = mail.html_part(0).is_some() && mail.parts.len() > 1;
        Self {
            id: mail.message_id().expect("a Message-ID").to_owned(),
            to: mail.to().and_then(|t| t.first()).and_then(|a| a.address()).expect("a To").to_owned(),
            subject: mail.subject().expect("a Subject").to_owned(),
            text: mail.body_text(0).expect("a text part").replace("\r\n", "\n"),
            html: html.then(|| mail.body_html(0).expect("an HTML part").into_owned()),
        }
    }
}

impl Bot {
    /// With this configuration. `{mail}` stands for a sender and one recipient.
    pub fn new(config: &str) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let mail = "timezone = \"UTC\"\n[mail]\nfrom = \"News <news@example.org>\"\n[[recipient]]\nemail = \"ada@example.org\"\n";
        let bot = Self { folder };
        bot.write("digest.toml", &config.replace("{mail}", mail));
        bot
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        fs::write(path, text).expect("a file written");
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tidings"));
        command.current_dir(self.folder.path()).args(arguments).stdin(Stdio::null());
        command
            .env_clear()
            .env("HOME", self.folder.path())
            .env("PATH", std::env::var("PATH").unwrap_or_default());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, &[])
    }

    pub fn run_with(&self, arguments: &[&str], env: &[(&str, &str)]) -> Ran {
        let output = self.command(arguments).envs(env.iter().copied()).output().expect("the program runs");
        Ran::from(&output)
    }

    /// Runs it and expects it to end well.
    pub fn ok(&self, arguments: &[&str]) -> Ran {
        let ran = self.run(arguments);
        assert_eq!(ran.code, 0, "{arguments:?}\n{}{}", ran.stdout, ran.stderr);
        ran
    }

    /// Starts it in the background, its stderr in `log`.
    pub fn start(&self, arguments: &[&str]) -> Child {
        self.start_with(arguments, &[])
    }

    pub fn start_with(&self, arguments: &[&str], env: &[(&str, &str)]) -> Child {
        let log = fs::File::create(self.path("log")).expect("a log");
        let mut command = self.command(arguments);
        command.envs(env.iter().copied()).stdout(Stdio::null()).stderr(log);
        command.spawn().expect("the program starts")
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// The mails in the folder `outbox`, by file name.
    pub fn outbox(&self) -> BTreeMap<String, Mail> {
        let Ok(folder) = fs::read_dir(self.path("outbox")) else { return BTreeMap::new() };
        for file in folder {
            let name = file.expect("a file").file_name();
            let is_whole = name.to_string_lossy().ends_with(".eml");
            assert!(is_whole, "a half-written file is left: {}", name.display());
        }
        self.arrived()
    }

    /// The same while they are still being written.
    pub fn arrived(&self) -> BTreeMap<String, Mail> {
        let Ok(folder) = fs::read_dir(self.path("outbox")) else { return BTreeMap::new() };
        let names = folder.map(|file| file.expect("a file").file_name().to_string_lossy().into_owned());
        names
            .filter(|name| name.ends_with(".eml"))
            .map(|name| {
                let mail = Mail::read(&fs::read(self.path("outbox").join(&name)).expect("a mail"));
                (name, mail)
            })
            .collect()
    }

    /// The only mail in the folder `outbox`.
    pub fn only_mail(&self) -> Mail {
        let mails: Vec<_> = self.outbox().into_values().collect();
        assert_eq!(mails.len(), 1, "{mails:#?}");
        mails[0].clone()
    }
}

impl From<&Output> for Ran {
    fn from(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// Where a file of this repository lies.
pub fn repository(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// An RSS feed of these items: guid, title, body.
pub fn rss(items: &[(&str, &str, &str)]) -> String {
    let items: String = items
        .iter()
        .map(|(id, title, body)| {
            format!("<item><guid isPermaLink=\"false\">{id}</guid><title>{title}</title><link>https://courier.example/{id}</link><description>{body}</description></item>")
        })
        .collect();
    format!(
        "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>Courier</title><link>https://courier.example/</link>{items}</channel></rss>"
    )
}
