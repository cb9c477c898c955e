//! Lists of readers, as other programs export them: CSV with a line of names first (listmonk, Mailchimp,
//! Substack, Buttondown and their like), or a mailbox a line. The door to csv.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{dates, decode};
use crate::model::{Address, Mailbox};
use crate::text::one_line;

/// A reader on a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub mailbox: Mailbox,
    /// Whether they have left, or may not be written to for another reason.
    pub left: bool,
    /// When they asked for it, and when they confirmed that, as far as the list says.
    pub requested: Option<DateTime<Utc>>,
    pub joined: Option<DateTime<Utc>>,
    /// What our own lists say besides: the digest, how they had joined, when they left, and whether they
    /// were suspended.
    pub digest: Option<String>,
    pub source: Option<String>,
    pub left_at: Option<DateTime<Utc>>,
    pub suspended: bool,
    pub line: u64,
}

impl Listed {
    /// Somebody of whom nothing else is said.
    pub fn of(mailbox: Mailbox) -> Self {
        Self {
            mailbox,
            left: false,
            requested: None,
            joined: None,
            digest: None,
            source: None,
            left_at: None,
            suspended: false,
            line: 0,
        }
    }
}

/// A line that is none, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BadLine {
    pub line: u64,
    pub why: String,
}

/// Columns by what programs call them, in small letters and without signs; the surest first, since an
/// address may be where somebody lives.
const ADDRESS: [&str; 6] = ["email", "emailaddress", "subscriberemail", "emailaddresses", "mail", "address"];
const NAME: [&str; 4] = ["name", "fullname", "displayname", "subscribername"];
const FIRST_NAME: [&str; 3] = ["firstname", "fname", "givenname"];
const LAST_NAME: [&str; 3] = ["lastname", "lname", "familyname"];
const STATUS: [&str; 7] =
    ["status", "subscriptionstatus", "subscribertype", "type", "emaildisabled", "optedout", "state"];
/// Those that say so by holding anything but a no: when somebody left, most often.
const LEFT_AT: [&str; 5] = ["unsubscribed", "unsubscribedat", "unsubtime", "cleantime", "unsubscribetime"];
const REQUESTED: [&str; 8] = [
    "requested",
    "optintime",
    "createdat",
    "creationdate",
    "subscribedat",
    "signupdate",
    "datesubscribed",
    "created",
];
const JOINED: [&str; 4] = ["joined", "confirmtime", "confirmedat", "confirmationdate"];
const NO: [&str; 3] = ["0", "false", "no"];

/// What a column of those says of who is not to be written to.
const LEFT: [&str; 22] = [
    "unsubscribed",
    "optedout",
    "unsubscribe",
    "hardbounced",
    "yes",
    "1",
    "unsub",
    "cleaned",
    "blocklisted",
    "blacklisted",
    "blocked",
    "disabled",
    "bounced",
    "complained",
    "complaint",
    "removed",
    "spammy",
    "undeliverable",
    "upstream",
    "left",
    "suspended",
    "true",
];

/// Who never confirmed, at those programs.
const UNCONFIRMED: [&str; 4] = ["unactivated", "unconfirmed", "pending", "nonsubscribed"];

fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Reads a list, whole: each of its lines is a reader or a bad line.
///
/// # Errors
/// When no column of it holds addresses.
pub fn mailing_list(bytes: &[u8]) -> Result<(Vec<Listed>, Vec<BadLine>), String> {
    let text = text_of(bytes);
    let first =
        text.lines().find(|line| !line.starts_with('#') && !line.trim().is_empty()).unwrap_or_default();
    let separator = [',', ';', '\t']
        .into_iter()
        .max_by_key(|separator| (first.matches(*separator).count(), *separator == ','))
        .unwrap_or(',');
    let mut list = List { separator, columns: None, listed: Vec::new(), bad: Vec::new() };
    let (mut rest, mut line) = (text.as_str(), 1);
    while let Some((from, number)) = list.read(rest, line)? {
        (rest, line) = (from, number);
    }
    list.bad.sort_by_key(|bad| bad.line);
    Ok((list.listed, list.bad))
}

/// A list as text, with the ends of lines that everybody knows. Spreadsheets write Latin-1 and UTF-16 too, and
/// people put lists of several programs together: what is UTF-8 is that, whatever the other lines are.
fn text_of(bytes: &[u8]) -> String {
    let is_utf_16 =
        bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) || bytes.contains(&0);
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) if is_utf_16 => decode::to_text(bytes, None).into_owned(),
        Err(_) => {
            let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
            let others: Vec<&[u8]> =
                lines.iter().filter(|line| std::str::from_utf8(line).is_err()).copied().collect();
            // No encoding of lists has an end of line in a character.
            let others = decode::to_text(&others.join(&b'\n'), None).into_owned();
            let mut others = others.split('\n');
            let lines = lines.into_iter().map(|line| match std::str::from_utf8(line) {
                Ok(line) => line,
                Err(_) => others.next().unwrap_or_default(),
            });
            lines.collect::<Vec<_>>().join("\n")
        }
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    if text.contains('\n') { text.replace("\r\n", "\n") } else { text.replace('\r', "\n") }
}

/// A list that is being read.
struct List {
    separator: char,
    columns: Option<Columns>,
    listed: Vec<Listed>,
    bad: Vec<BadLine>,
}

impl List {
    /// Reads on, from a line of this number. Where a quotation mark is not closed, says from where to begin
    /// again: whatever followed it was taken for one field.
    fn read<'a>(&mut self, text: &'a str, number: u64) -> Result<Option<(&'a str, u64)>, String> {
        let separator = u8::try_from(self.separator).unwrap_or(b',');
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(separator)
            .flexible(true)
            .has_headers(false)
            .from_reader(text.as_bytes());
        let mut record = csv::StringRecord::new();
        loop {
            match reader.read_record(&mut record) {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(e) => {
                    let line = number - 1 + e.position().map_or(1, csv::Position::line);
                    self.bad.push(BadLine { line, why: e.to_string() });
                    continue;
                }
            }
            let (line, start) = record.position().map_or((1, 0), |at| (at.line(), at.byte()));
            let line = number - 1 + line;
            let [start, end] =
                [start, reader.position().byte()].map(|at| usize::try_from(at).unwrap_or(usize::MAX));
            let raw = text.get(start..end).unwrap_or_default();
            if let Some((_, rest)) = raw.trim_start_matches('\n').split_once('\n')
                && !rest.is_empty()
                && self.is_not_closed(raw, rest)
            {
                let why = "a quotation mark in it is not closed; close it, or take it out".to_owned();
                self.bad.push(BadLine { line, why });
                // From the line behind it.
                let behind = text.get(end - rest.len()..).unwrap_or_default();
                return Ok(Some((behind, line + 1)));
            }
            let fields: Vec<String> = record.iter().map(|field| field.trim().to_owned()).collect();
            self.take(&fields, line)?;
        }
    }

    /// Whether a record over several lines is several records: its marks have no pairs, or what should be in
    /// one of its fields has an address where lines of this list have theirs.
    fn is_not_closed(&self, raw: &str, rest: &str) -> bool {
        let address = self.columns.as_ref().map_or(0, |columns| columns.address);
        let has_address = |line: &str| {
            let field = line.split(self.separator).nth(address).map(str::trim);
            field.is_some_and(|field| field.contains('@') && mailbox(field).is_ok())
        };
        !raw.matches('"').count().is_multiple_of(2) || rest.lines().any(has_address)
    }

    fn take(&mut self, fields: &[String], line: u64) -> Result<(), String> {
        let is_remark = match fields {
            [only] => only.starts_with('#'),
            [first, ..] => self.columns.is_none() && first.starts_with('#') && mailbox(first).is_err(),
            [] => true,
        };
        if is_remark || fields.iter().all(String::is_empty) {
            return Ok(());
        }
        let known = match &self.columns {
            Some(columns) => columns,
            None => {
                let (found, is_heading) = Columns::of(fields)?;
                let found = self.columns.insert(found);
                if is_heading {
                    return Ok(());
                }
                found
            }
        };
        match known.read(fields, line) {
            Ok(reader) => self.listed.push(reader),
            Err(why) => self.bad.push(BadLine { line, why }),
        }
        Ok(())
    }
}

/// Lines of a table, as CSV.
pub fn written<const N: usize>(lines: impl Iterator<Item = [String; N]>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for line in lines {
        let line = line.map(shielded);
        // Writing to memory does not fail.
        if writer.write_record(&line).is_err() {
            break;
        }
    }
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

/// Spreadsheets take what begins so for a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// A text that no spreadsheet runs, by the sign that they themselves put before a text.
fn shielded(text: String) -> String {
    if text.starts_with(FORMULA) { format!("'{text}") } else { text }
}

fn without_shield(text: &str) -> String {
    text.strip_prefix('\'').filter(|rest| rest.starts_with(FORMULA)).unwrap_or(text).to_owned()
}

struct Columns {
    address: usize,
    name: Option<usize>,
    first_name: Option<usize>,
    last_name: Option<usize>,
    status: Vec<usize>,
    left_at: Vec<usize>,
    requested: Option<usize>,
    joined: Option<usize>,
    ours: Option<Ours>,
}

/// The columns that only our own lists have.
struct Ours {
    digest: usize,
    source: usize,
    left: usize,
}

/// Their names, as they are written.
pub const COLUMNS: [&str; 8] = ["email", "name", "digest", "status", "source", "requested", "joined", "left"];
/// Whoever gets no mails, though they have not left.
pub const SUSPENDED: &str = "suspended";

impl Columns {
    /// By the first line, and whether that names them.
    fn of(fields: &[String]) -> Result<(Self, bool), String> {
        let names: Vec<String> = fields.iter().map(|name| plain(name)).collect();
        let find =
            |known: &[&str]| known.iter().find_map(|known| names.iter().position(|name| name == known));
        if let Some(address) = find(&ADDRESS) {
            let all = |known: &[&str]| -> Vec<usize> {
                let named = names.iter().enumerate().filter(|(_, name)| known.contains(&name.as_str()));
                named.map(|(i, _)| i).collect()
            };
            let columns = Self {
                address,
                name: find(&NAME),
                first_name: find(&FIRST_NAME),
                last_name: find(&LAST_NAME),
                status: all(&STATUS),
                left_at: all(&LEFT_AT),
                requested: find(&REQUESTED),
                joined: find(&JOINED),
                ours: match [find(&["digest"]), find(&["source"]), find(&["left"])] {
                    [Some(digest), Some(source), Some(left)] => Some(Ours { digest, source, left }),
                    _ => None,
                },
            };
            return Ok((columns, true));
        }
        match fields.iter().position(|field| mailbox(field).is_ok()) {
            Some(address) => {
                let columns = Self {
                    address,
                    name: None,
                    first_name: None,
                    last_name: None,
                    status: Vec::new(),
                    left_at: Vec::new(),
                    requested: None,
                    joined: None,
                    ours: None,
                };
                Ok((columns, false))
            }
            None => Err("its first line names no column `email`, and holds no address".into()),
        }
    }

    fn read(&self, fields: &[String], line: u64) -> Result<Listed, String> {
        let field = |column: Option<usize>| {
            column.and_then(|column| fields.get(column)).map(String::as_str).filter(|text| !text.is_empty())
        };
        let ours = |column: fn(&Ours) -> usize| field(self.ours.as_ref().map(column));
        let written = field(Some(self.address)).unwrap_or_default();
        // An address may begin with that sign itself.
        let written = if self.ours.is_some() { without_shield(written) } else { written.to_owned() };
        let Mailbox { name, address } = mailbox(&written)?;
        let whole = field(self.name).map(str::to_owned);
        let parts: Vec<&str> = [self.first_name, self.last_name].into_iter().filter_map(&field).collect();
        let parts = (!parts.is_empty()).then(|| parts.join(" "));
        if [&name, &whole, &parts].into_iter().flatten().any(|name| name.contains('\n')) {
            return Err(format!(
                "the name of {address} goes on over several lines; is a quotation mark not closed?"
            ));
        }
        let name =
            name.or(whole).or(parts).map(|name| without_shield(&name)).and_then(|name| one_line(&name, 80));
        let states = || self.status.iter().filter_map(|column| field(Some(*column))).map(plain);
        if states().any(|state| UNCONFIRMED.contains(&state.as_str())) {
            return Err(format!("{address} never confirmed"));
        }
        let left_at = ours(|ours| ours.left).and_then(|text| dates::parse(text, None));
        let suspended = self.ours.is_some() && states().any(|state| state == SUSPENDED);
        let mut times = self.left_at.iter().filter_map(|column| field(Some(*column))).map(plain);
        let left = states().any(|state| LEFT.contains(&state.as_str()) && !suspended)
            || left_at.is_some()
            || times.any(|time| !NO.contains(&time.as_str()));
        let time = |column| field(column).and_then(|text| dates::parse(text, None));
        let requested = time(self.requested);
        Ok(Listed {
            mailbox: Mailbox { name, address },
            left,
            requested: requested.or_else(|| time(self.joined)),
            joined: time(self.joined).or(requested),
            digest: ours(|ours| ours.digest).map(str::to_owned),
            source: ours(|ours| ours.source).map(without_shield),
            left_at,
            suspended,
            line,
        })
    }
}

/// `ada@example.org`, or `Ada <ada@example.org>`.
fn mailbox(text: &str) -> Result<Mailbox, String> {
    if text.is_empty() {
        return Err("there is no address in it".into());
    }
    match text.strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
        Some((name, address)) => {
            let name = name.trim().trim_matches('"');
            Ok(Mailbox { name: (!name.is_empty()).then(|| name.to_owned()), address: address.parse()? })
        }
        None => Ok(Mailbox { name: None, address: text.parse::<Address>()? }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_many_shapes_name_the_same_readers() {
        for list in [
            "email,name,status\nada@example.org,Ada L,enabled\nbob@example.org,,blocklisted\n",
            "\u{feff}Email Address;First Name;Last Name;Status\r\nada@example.org;Ada;L;subscribed\r\nbob@example.org;;;unsubscribed\r\n",
            "id\tE-mail\tFull name\temail_disabled\n1\tada@example.org\tAda L\tfalse\n2\tbob@example.org\t\ttrue\n",
        ] {
            let (listed, bad) = mailing_list(list.as_bytes()).unwrap();
            let seen: Vec<_> = listed
                .iter()
                .map(|l| (l.mailbox.address.as_str(), l.mailbox.name.as_deref(), l.left))
                .collect();
            assert_eq!(
                seen,
                [("ada@example.org", Some("Ada L"), false), ("bob@example.org", None, true)],
                "{list}"
            );
            assert!(bad.is_empty());
        }
        assert!(mailing_list(b"x,y\n1,2\n").is_err());
    }

    #[test]
    fn a_quotation_mark_that_is_not_closed_costs_its_line_and_no_other() {
        let many: String = (0..1000).map(|i| format!("r{i}@example.org,x\n")).collect();
        for (list, readers, lines) in [
            (
                "email,notes\no1@example.org,\"oops\no2@example.org,\no3@example.org,x\n".to_owned(),
                2,
                vec![2],
            ),
            (
                format!("email,notes\no1@example.org,\"oops\n{many}o2@example.org,\"oops\no3@example.org,\n"),
                1001,
                vec![2, 1003],
            ),
            ("email,notes\n\"o1@example.org,a\no2@example.org,\"two\nlines\"\n".to_owned(), 1, vec![2]),
        ] {
            let (listed, bad) = mailing_list(list.as_bytes()).unwrap();
            assert_eq!(listed.len(), readers);
            assert_eq!(bad.iter().map(|bad| bad.line).collect::<Vec<_>>(), lines);
            assert!(bad[0].why.contains("not closed"), "{}", bad[0].why);
        }
    }

    #[test]
    fn lists_of_spreadsheets_and_people_are_read_as_they_are_meant() {
        let only = |list: &[u8]| {
            let (listed, bad) = mailing_list(list).unwrap();
            assert!(listed.len() == 1 && bad.is_empty(), "{listed:?} {bad:?}");
            listed.into_iter().next().unwrap()
        };
        let latin = only(b"email;name\nada@example.org;J\xf6rg M\xfcller\n");
        assert_eq!(latin.mailbox.name.as_deref(), Some("Jörg Müller"));
        let mixed =
            ["email,name\nok@münchen.example,Jörg\n".as_bytes(), b"bad@example.org,M\xfcller\n"].concat();
        let (mixed, _) = mailing_list(&mixed).unwrap();
        let mixed: Vec<_> = mixed.iter().map(|l| l.mailbox.to_string()).collect();
        assert_eq!(mixed, ["Jörg <ok@münchen.example>", "Müller <bad@example.org>"]);
        let wide: Vec<u8> = "\u{feff}Email\tName\nada@example.org\t张伟\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(only(&wide).mailbox.name.as_deref(), Some("张伟"));
        let lives = only(b"# our readers, of May\nName,Address,Email\nAda,1 Quay Street,ada@example.org\n");
        assert_eq!(lives.mailbox.address.as_str(), "ada@example.org");
        let times =
            only(b"Email,OPTIN_TIME,CONFIRM_TIME\nada@example.org,2024-05-06 07:08:09,2024-05-06 08:00:00\n");
        let time = |text: &str| Some(text.parse().unwrap());
        assert_eq!(
            (times.requested, times.joined),
            (time("2024-05-06T07:08:09Z"), time("2024-05-06T08:00:00Z"))
        );
        let written = written(
            [["email".to_owned(), "name".into()], ["a@example.org".into(), "=1+1".into()]].into_iter(),
        );
        assert_eq!(written, "email,name\na@example.org,'=1+1\n");
        assert_eq!(only(written.as_bytes()).mailbox.name.as_deref(), Some("=1+1"));
    }

    #[test]
    fn bad_lines_are_named_and_cost_nobody_else() {
        let list = "email,note\nada@example.org,\"two\nlines\"\nnobody,x\n?,\n,\nbob@example.org\n";
        let (listed, bad) = mailing_list(list.as_bytes()).unwrap();
        assert_eq!(listed.len(), 2);
        assert_eq!(bad.iter().map(|bad| bad.line).collect::<Vec<_>>(), [4, 5]);
        // Ends of lines of another age, and characters that no address has.
        let (listed, old) =
            mailing_list(b"email,name\rada@example.org,A\rnobody,B\rb\0b@example.org,\r").unwrap();
        assert_eq!((listed.len(), old.iter().map(|bad| bad.line).collect::<Vec<_>>()), (1, vec![3, 4]));
        assert!(bad[0].why.starts_with("`nobody` is not a mail address"), "{}", bad[0].why);
    }
}
