//! `tidings init`: a first configuration, short and commented, that works at once.

use std::fs::OpenOptions;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::Context;
use chrono::NaiveTime;

use super::feeds::look;
use super::{Common, Ending, Usage, opml, print, report};
use crate::config::edit::{NewFeed, with_feeds};
use crate::config::providers::{self, Provider};
use crate::config::{Config, unknown_name};
use crate::model::Address;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The file to make
    #[arg(default_value = "digest.toml")]
    file: PathBuf,
    /// Take the feeds from a list (OPML)
    #[arg(long, value_name = "FILE")]
    from_opml: Option<PathBuf>,
    /// Whose mail server takes the mails, such as gmail, fastmail or 163
    #[arg(long, value_name = "NAME")]
    provider: Option<String>,
    /// Your address: mails come from it and go to it
    #[arg(long, value_name = "ADDRESS")]
    email: Option<Address>,
}

/// What a first configuration is made of.
struct Answers {
    email: Option<Address>,
    provider: Option<&'static Provider>,
    server: Option<OwnServer>,
    feeds: Vec<NewFeed>,
    at: String,
}

/// Something to read until the owner's own feeds are named.
const EXAMPLE: (&str, &str) = ("https://feeds.bbci.co.uk/news/world/rss.xml", "BBC World");
const MORNING: &str = "07:30";

pub(super) fn run(common: &Common, arguments: &Arguments) -> anyhow::Result<Ending> {
    let file = &arguments.file;
    let is_there = || Usage(format!("{} is there already, and is left as it is", file.display()));
    if file.exists() {
        return Err(is_there().into());
    }
    let provider = match arguments.provider.as_deref() {
        Some(name) => Some(providers::named(name).ok_or_else(|| {
            Usage(unknown_name("provider", name, providers::providers().iter().map(|provider| provider.name)))
        })?),
        None => None,
    };
    let feeds = match &arguments.from_opml {
        Some(list) => opml::read(list)?.into_iter().map(opml::feed).collect(),
        None => Vec::new(),
    };
    let mut answers =
        Answers { email: arguments.email.clone(), provider, server: None, feeds, at: MORNING.into() };
    if std::io::stdin().is_terminal() && std::io::stdout().is_terminal() && !common.quiet {
        ask(&mut answers)?;
    }
    if answers.feeds.is_empty() {
        let (url, name) = EXAMPLE;
        answers.feeds.push(NewFeed { url: url.into(), name: Some(name.into()), section: None });
    }
    let text = written(&answers).map_err(anyhow::Error::msg)?;
    // What is written works, or is not written.
    Config::parse(file, text.clone().into_bytes())?;
    let made = OpenOptions::new().write(true).create_new(true).open(file);
    match made.and_then(|mut made| made.write_all(text.as_bytes())) {
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => return Err(is_there().into()),
        done => done.with_context(|| format!("cannot write {}", file.display()))?,
    }
    print(&next_steps(file, &answers))?;
    Ok(Ending::Done)
}

/// A mail server that is no provider's: a name or an address, and a port where it is not the usual one.
struct OwnServer {
    host: String,
    port: Option<u16>,
    /// The address where it is none.
    username: Option<String>,
}

impl FromStr for OwnServer {
    type Err = String;

    fn from_str(typed: &str) -> Result<Self, String> {
        let (host, port) = match typed.rsplit_once(':') {
            Some((host, port)) => (host, Some(port.parse().map_err(|_| format!("`{port}` is no port"))?)),
            None => (typed, None),
        };
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        if !host.chars().all(is_name) || !(host.contains('.') || host == "localhost") {
            return Err(format!(
                "`{typed}` is none of them, and no name of a server such as smtp.example.org"
            ));
        }
        Ok(Self { host: host.to_owned(), port, username: None })
    }
}

fn ask(answers: &mut Answers) -> anyhow::Result<()> {
    while answers.email.is_none() {
        let typed = question("Your mail address", None)?;
        match typed.parse() {
            Ok(address) => answers.email = Some(address),
            Err(why) => print(&format!("  {why}\n"))?,
        }
    }
    if answers.provider.is_none() {
        let domain = answers.email.as_ref().map(Address::domain).unwrap_or_default();
        let guess = providers::of_domain(domain).map(|provider| provider.name);
        let known: Vec<_> = providers::providers().iter().map(|provider| provider.name).collect();
        print(&format!("Mail providers: {}\n", known.join(", ")))?;
        loop {
            let typed = question(
                "Mail server: one of these, or its name such as smtp.example.org, or none to write mails to a folder",
                guess.or(Some("none")),
            )?;
            if typed == "none" {
                break;
            }
            match providers::named(&typed) {
                Some(provider) => {
                    answers.provider = Some(provider);
                    break;
                }
                None => match typed.parse::<OwnServer>() {
                    Ok(server) => {
                        let email = answers.email.as_ref().map(Address::as_str);
                        let username = Some(question("  your login there", email)?);
                        answers.server = Some(OwnServer { username, ..server });
                        break;
                    }
                    Err(why) => print(&format!("  {why}\n"))?,
                },
            }
        }
    }
    if answers.feeds.is_empty() {
        print("Pages or feeds to read, one a line; an empty line ends them\n")?;
        loop {
            let typed = question("  address", Some(""))?;
            if typed.is_empty() {
                break;
            }
            match look(None, &typed) {
                Ok(found) => {
                    if found.len() > 1 {
                        print(&format!(
                            "  it has {} feeds; this is the first, and `tidings feeds add` shows all\n",
                            found.len()
                        ))?;
                    }
                    for found in found.into_iter().take(1) {
                        if answers.feeds.iter().any(|known| known.url == found.url.as_str()) {
                            print(&format!("  {} is there already\n", found.url))?;
                            continue;
                        }
                        let title = found.feed.title.clone();
                        print(&format!("  {} ({})\n", title.as_deref().unwrap_or("(no title)"), found.url))?;
                        answers.feeds.push(NewFeed {
                            url: found.url.to_string(),
                            name: title,
                            section: None,
                        });
                    }
                }
                Err(why) => print(&format!("  {why:#}\n"))?,
            }
        }
    }
    loop {
        let typed = question("When, each day", Some(MORNING))?;
        if NaiveTime::parse_from_str(&typed, "%H:%M").is_ok() {
            answers.at = typed;
            return Ok(());
        }
        print("  hours and minutes, such as 07:30\n")?;
    }
}

/// The answer to a question, or what holds without one.
fn question(words: &str, default: Option<&str>) -> anyhow::Result<String> {
    let shown = default.filter(|default| !default.is_empty()).map(|default| format!(" [{default}]"));
    print(&format!("{words}{}: ", shown.unwrap_or_default()))?;
    let mut answer = String::new();
    if std::io::stdin().read_line(&mut answer)? == 0 {
        return Err(anyhow::anyhow!("the answers ended before the questions; nothing was written"));
    }
    let answer = answer.trim();
    Ok(if answer.is_empty() { default.unwrap_or_default().to_owned() } else { answer.to_owned() })
}

fn written(answers: &Answers) -> Result<String, String> {
    let email = answers.email.as_ref().map_or("me@example.org", Address::as_str);
    let zone = iana_time_zone::get_timezone().ok().filter(|zone| zone.parse::<chrono_tz::Tz>().is_ok());
    let zone = match zone {
        Some(zone) => format!("timezone = \"{zone}\"\n"),
        None => "# timezone = \"Europe/Berlin\"    # without it, the machine's\n".into(),
    };
    let smtp = match answers.provider {
        Some(provider) => format!(
            "# {} wants {}.\n[smtp]\nprovider = \"{}\"\nusername = \"{email}\"\npassword_file = \"smtp.password\"  # the password alone in it, and `chmod 600 smtp.password`\n",
            provider.name, provider.needs, provider.name
        ),
        None if answers.server.is_some() => answers.server.as_ref().map_or_else(String::new, |server| {
            let OwnServer { host, port, username } = server;
            let username = username.as_deref().unwrap_or(email);
            let port = port.map(|port| format!("port = {port}\n")).unwrap_or_default();
            format!(
                "[smtp]\nhost = \"{host}\"\n{port}username = \"{username}\"           # without a login, leave these two out\npassword_file = \"smtp.password\"  # the password alone in it, and `chmod 600 smtp.password`\n"
            )
        }),
        None => "# How mails leave. Without it they are written to the folder `outbox`, which is enough for a try.\n# [smtp]\n# provider = \"gmail\"            # or host = \"smtp.example.org\"\n# username = \"me@example.org\"\n# password_file = \"smtp.password\"\n".into(),
    };
    let base = format!(
        "# tidings: the news of these feeds, by mail, every day.\n# `tidings check` looks this file over, `tidings preview --open` shows what would be sent.\n{zone}\n[mail]\nfrom = \"Daily Tidings <{email}>\"\n\n{smtp}\n[[digest]]\nid = \"daily\"\ntitle = \"Daily Tidings\"\nat = \"{}\"\n\n[[recipient]]\nemail = \"{email}\"\n",
        answers.at
    );
    let text = with_feeds(&base, &answers.feeds)?;
    let advice = "\n# The feeds, one table each; `tidings feeds add ADDRESS` finds the feed of a page and adds it.\n\n[[feed]]\n";
    Ok(text.replacen("\n[[feed]]\n", advice, 1))
}

fn next_steps(file: &Path, answers: &Answers) -> String {
    let feeds = report::count(answers.feeds.len(), "feed", "feeds");
    let mut out = format!("made {} with {feeds}\n", file.display());
    if let [only] = answers.feeds.as_slice()
        && only.url == EXAMPLE.0
    {
        out.push_str(&format!(
            "  {} is in it as an example; `tidings feeds add ADDRESS` adds yours\n",
            EXAMPLE.1
        ));
    }
    if answers.email.is_none() {
        out.push_str("  put your own address in place of me@example.org, twice\n");
    }
    let named = if file == Path::new("digest.toml") {
        String::new()
    } else {
        format!(" --config {}", file.display())
    };
    if let Some(provider) = answers.provider {
        out.push_str(&format!("  {} wants {}; put it into smtp.password\n", provider.name, provider.needs));
    } else if answers.server.is_some() {
        out.push_str("  put the password of your login, alone, into smtp.password\n");
    }
    for (command, does) in [
        ("check", "tries the feeds and the mail server"),
        ("preview --open", "shows the first edition"),
        ("send", "sends it"),
        ("run", "keeps sending, every day"),
    ] {
        out.push_str(&format!("  tidings{named} {command:15} {does}\n"));
    }
    out
}
