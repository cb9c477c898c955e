//! A real Postfix, in a folder of its own.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::bot::Mail;

/// Debian's user `mail`.
const MAIL: u32 = 8;

/// A Postfix that delivers everything for example.org into one Maildir.
pub struct Postfix {
    folder: TempDir,
    port: u16,
}

impl Postfix {
    /// None when there cannot be one here, which is said.
    pub fn start() -> Option<Self> {
        Self::start_before(0)
    }

    /// One that hands mails for nowhere.example on to another server.
    pub fn start_before(next_port: u16) -> Option<Self> {
        let dist = Path::new("/usr/share/postfix/master.cf.dist");
        let root = Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout == b"0\n");
        if !root || !dist.exists() || !Path::new("/usr/sbin/postfix").exists() {
            eprintln!("skipped: no postfix is installed, or this is not root");
            return None;
        }
        let folder = TempDir::new().expect("a temporary folder");
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let postfix = Self { folder, port };
        let dir = postfix.folder.path();
        fs::set_permissions(dir, fs::Permissions::from_mode(0o755)).unwrap();
        for name in ["conf", "queue", "data", "mail"] {
            fs::create_dir(dir.join(name)).unwrap();
        }
        chown(dir.join("mail"), Some(MAIL), Some(MAIL)).unwrap();
        Command::new("chown").arg("postfix").arg(dir.join("data")).status().unwrap();
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        fs::write(dir.join("cert.pem"), made.cert.pem()).unwrap();
        fs::write(dir.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
        let at = dir.display();
        let main = format!(
            "compatibility_level = 3.6\nqueue_directory = {at}/queue\ndata_directory = {at}/data\n\
             maillog_file = {at}/log\nmaillog_file_prefixes = {at}\nmyhostname = mail.example.org\n\
             mydestination =\nmynetworks = 127.0.0.0/8\ninet_interfaces = 127.0.0.1\n\
             inet_protocols = ipv4\nalias_maps =\nalias_database =\nvirtual_mailbox_domains = example.org\n\
             virtual_mailbox_base = {at}/mail\nvirtual_mailbox_maps = static:inbox/\n\
             virtual_minimum_uid = 1\nvirtual_uid_maps = static:{MAIL}\nvirtual_gid_maps = static:{MAIL}\n\
             default_transport = error:nothing leaves this machine\nsmtp_dns_support_level = disabled\n\
             smtpd_tls_security_level = may\nsmtpd_tls_cert_file = {at}/cert.pem\n\
             smtpd_tls_key_file = {at}/key.pem\nsmtpd_tls_session_cache_database =\n\
             transport_maps = inline:{{nowhere.example=smtp:[127.0.0.1]:{next_port}}}\n"
        );
        fs::write(dir.join("conf/main.cf"), main).unwrap();
        let master: String = fs::read_to_string(dist)
            .unwrap()
            .lines()
            .map(|line| {
                let fields: Vec<_> = line.split_whitespace().collect();
                match fields.as_slice() {
                    ["smtp", "inet", ..] => format!("127.0.0.1:{port} inet n - n - - smtpd\n"),
                    // Nothing runs in a chroot that nobody has filled.
                    [name, kind, private, unprivileged, "y", rest @ ..] => {
                        format!("{name} {kind} {private} {unprivileged} n {}\n", rest.join(" "))
                    }
                    _ => format!("{line}\n"),
                }
            })
            .collect();
        fs::write(dir.join("conf/master.cf"), master).unwrap();
        let started = postfix.command("start");
        assert!(started, "postfix does not start: {}", postfix.log());
        let start = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(start.elapsed() < Duration::from_secs(20), "postfix does not listen: {}", postfix.log());
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(postfix)
    }

    fn command(&self, what: &str) -> bool {
        let mut command = Command::new("/usr/sbin/postfix");
        command.arg("-c").arg(self.folder.path().join("conf")).arg(what);
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|s| s.success())
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// The `[smtp]` table that leads here.
    pub fn config(&self) -> String {
        let certificate = self.folder.path().join("cert.pem");
        format!(
            "[smtp]\nhost = \"localhost\"\nport = {}\nca_file = \"{}\"\n",
            self.port,
            certificate.display()
        )
    }

    /// Waits until everything taken has been delivered.
    pub fn settle(&self) {
        let start = Instant::now();
        loop {
            let queue = Command::new("/usr/sbin/postqueue")
                .arg("-c")
                .arg(self.folder.path().join("conf"))
                .arg("-j")
                .output();
            if queue.is_ok_and(|q| q.status.success() && q.stdout.is_empty()) {
                return;
            }
            assert!(start.elapsed() < Duration::from_secs(60), "mails stay in the queue: {}", self.log());
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Every mail delivered so far.
    pub fn mails(&self) -> Vec<Mail> {
        self.raw().iter().map(|mail| Mail::read(mail.as_bytes())).collect()
    }

    /// The same as they lie in the mailbox.
    pub fn raw(&self) -> Vec<String> {
        let Ok(files) = fs::read_dir(self.folder.path().join("mail/inbox/new")) else { return Vec::new() };
        files.flatten().map(|f| String::from_utf8_lossy(&fs::read(f.path()).unwrap()).into_owned()).collect()
    }

    /// The mails delivered, once there are so many.
    pub fn inbox(&self, count: usize) -> Vec<Mail> {
        let start = Instant::now();
        loop {
            let mails = self.mails();
            if mails.len() >= count {
                return mails;
            }
            assert!(start.elapsed() < Duration::from_secs(20), "{} of {count}: {}", mails.len(), self.log());
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        self.command("stop");
    }
}
