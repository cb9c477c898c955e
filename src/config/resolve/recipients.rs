//! `[[recipient]]`: to whom digests go, one by one, or line by line of a file.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};

use super::super::InvalidLine;
use super::super::document::{At, Table};
use super::{Resolver, mailbox};
use crate::model::{Format, Mailbox, Recipient};

/// Everybody who is written to, and what they are called.
#[derive(Default)]
pub(super) struct Recipients {
    pub(super) all: Vec<Recipient>,
    pub(super) invalid_lines: Vec<InvalidLine>,
    /// The one of this id, or the many of a list.
    ids: BTreeMap<String, Vec<usize>>,
    /// In small letters.
    addresses: HashMap<String, usize>,
    /// Those whom only a digest's `to` names: no other digest goes to them.
    named: HashSet<usize>,
}

impl Recipients {
    /// Whom `to` means by a name: an id or an address.
    pub(super) fn named(&self, name: &str) -> Option<&[usize]> {
        let by_address = || self.addresses.get(&name.to_lowercase()).map(std::slice::from_ref);
        self.ids.get(name).map(Vec::as_slice).or_else(by_address)
    }

    /// Those of the tables, in their order.
    pub(super) fn of_tables(&self) -> impl Iterator<Item = usize> {
        (0..self.all.len()).filter(|place| !self.named.contains(place))
    }

    /// Somebody who has no table.
    pub(super) fn add_named(&mut self, Mailbox { name, address: email }: Mailbox) -> usize {
        let (place, is_new) = self.add(Recipient { id: None, name, email, format: Format::Html });
        if is_new {
            self.named.insert(place);
        }
        place
    }

    /// What they can be called.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.ids.keys().map(String::as_str).chain(self.all.iter().map(|r| r.email.as_str()))
    }

    /// Where it stands among them, and whether it is new there.
    fn add(&mut self, recipient: Recipient) -> (usize, bool) {
        let next = self.all.len();
        match self.addresses.entry(recipient.email.as_str().to_lowercase()) {
            Entry::Occupied(known) => (*known.get(), false),
            Entry::Vacant(new) => {
                new.insert(next);
                self.all.push(recipient);
                (next, true)
            }
        }
    }
}

impl Resolver<'_> {
    pub(super) fn recipients(&self) -> Recipients {
        let mut recipients = Recipients::default();
        // Lists come last: what the owner says of one of their mailboxes holds.
        let (lists, singles): (Vec<_>, Vec<_>) =
            self.root.tables("recipient").into_iter().partition(|table| table.has("file"));
        for table in singles.iter().chain(&lists) {
            let id = table.string("id", "\"ada\"");
            let format = table
                .choice("format", &[("html", Format::Html), ("text", Format::Text), ("epub", Format::Epub)])
                .unwrap_or(Format::Html);
            let members = match table.string("file", "\"readers.txt\"") {
                Some(file) => self.list(table, &file, format, &mut recipients),
                None => one(table, id.as_ref(), format, &mut recipients).into_iter().collect(),
            };
            let Some(At { value: id, span }) = id else { continue };
            if recipients.ids.insert(id.to_owned(), members).is_some() {
                table.wrong(
                    span,
                    format!("there is another recipient `{id}`"),
                    "give each recipient an `id` of its own",
                );
            }
        }
        recipients
    }

    /// The recipients in a file, a mailbox a line. Such files are made by programs and by
    /// readers who mistype their address, so a line that is no mailbox keeps nobody else
    /// from their mail, and one that comes twice is one.
    fn list(
        &self,
        table: &Table<'_>,
        file: &At<&str>,
        format: Format,
        recipients: &mut Recipients,
    ) -> Vec<usize> {
        for other in ["email", "name"] {
            if table.string(other, "").is_some() {
                table.wrong(
                    table.span_of(other),
                    format!("`{other}` is for a single mailbox, `file` for many"),
                    "write a `[[recipient]]` for each",
                );
            }
        }
        let path = self.relative(file.value);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) => {
                table.wrong(
                    file.span.clone(),
                    format!("cannot read {}: {e}", path.display()),
                    "name a file of mailboxes, one a line",
                );
                return Vec::new();
            }
        };
        let mut members = Vec::new();
        let lines = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes).split(|b| *b == b'\n');
        for (line, number) in lines.zip(1..) {
            let mailbox = match std::str::from_utf8(line).map(str::trim) {
                Ok(line) if line.is_empty() || line.starts_with('#') => continue,
                Ok(line) => mailbox(line),
                Err(_) => Err("it is not UTF-8".into()),
            };
            match mailbox {
                Ok(Mailbox { name, address: email }) => {
                    members.push(recipients.add(Recipient { id: None, name, email, format }).0);
                }
                Err(why) => {
                    let line = format!("{}, line {number}", path.display());
                    recipients.invalid_lines.push(InvalidLine { line, why });
                }
            }
        }
        // Half-written by whatever makes it, most likely.
        if members.is_empty() {
            table.wrong(
                file.span.clone(),
                format!("{} names nobody", path.display()),
                "a mailbox a line, such as Ada <ada@example.org>",
            );
        }
        members
    }
}

fn one(
    table: &Table<'_>,
    id: Option<&At<&str>>,
    format: Format,
    recipients: &mut Recipients,
) -> Option<usize> {
    let email = table.parsed("email", "\"ada@example.org\"", |text| {
        mailbox(text).map_err(|why| match text.matches('@').count() {
            0 | 1 => why,
            _ => format!("{why}; write a `[[recipient]]` for each"),
        })
    });
    table.lacks("email", "\"ada@example.org\"");
    let name = table.string("name", "\"Ada\"").map(|n| n.value.to_owned());
    let At { value: mailbox, span } = email?;
    let address = mailbox.address.to_string();
    let id = id.map(|id| id.value.to_owned());
    let recipient = Recipient { id, name: name.or(mailbox.name), email: mailbox.address, format };
    let (place, is_new) = recipients.add(recipient);
    if !is_new {
        table.wrong(span, format!("{address} is already a recipient"), "name each mailbox once");
    }
    Some(place)
}
