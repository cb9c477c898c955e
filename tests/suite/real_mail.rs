//! Against a real Postfix. Skipped, and said so, where none is installed.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::bot::{Bot, Mail, rss};

/// Postfix's own sink, which speaks its server's SMTP and keeps each mail in a file.
struct Sink(Child);

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn postfix_takes_the_mail_as_it_is() {
    let Some(program) =
        ["/usr/sbin/smtp-sink", "/usr/bin/smtp-sink"].into_iter().find(|p| Path::new(p).exists())
    else {
        eprintln!("skipped: no postfix is installed");
        return;
    };
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let bot = Bot::new(&format!(
        "{{mail}}\n[[feed]]\nurl = \"feed.xml\"\n[smtp]\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\n"
    ));
    bot.write(
        "feed.xml",
        &rss(&[("1", "渡轮提前一周改为冬季班次", &"过去七个早晨有四个因大雾停航。".repeat(40))]),
    );
    fs::create_dir(bot.path("taken")).unwrap();
    let mut command = Command::new(program);
    // As root it must be told whom to be.
    if Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout == b"0\n") {
        command.args(["-u", "root"]);
    }
    let sink = command
        .args(["-d", &format!("{}/", bot.path("taken").display()), &format!("127.0.0.1:{port}"), "10"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let _sink = Sink(sink);
    let start = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(start.elapsed() < Duration::from_secs(10), "the sink does not listen");
        std::thread::sleep(Duration::from_millis(50));
    }
    bot.ok(&["send"]);
    let taken: Vec<_> =
        fs::read_dir(bot.path("taken")).unwrap().flatten().map(|f| fs::read(f.path()).unwrap()).collect();
    let mails: Vec<_> = taken
        .iter()
        .filter(|t| String::from_utf8_lossy(t).contains("X-Rcpt-Args: <ada@example.org>"))
        .collect();
    assert_eq!(mails.len(), 1, "{} files", taken.len());
    let mail = Mail::read(mails[0]);
    assert!(mail.text.contains("渡轮提前一周改为冬季班次"), "{}", mail.text);
    assert!(mail.html.unwrap().contains("过去七个早晨有四个因大雾停航。"));
}
