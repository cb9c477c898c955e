//! A reader of XML as it is published: it never fails, it makes the best of what it gets.
//!
//! Feeds hold bare `<` and `&`, attributes without quotes, end tags that match nothing, and
//! documents that stop in the middle. No XML parser accepts that, and HTML parsers mend it
//! by rules that are wrong for feeds. So the tags are read here, into a tree that borrows
//! from the document; text stays as written until it is asked for.

use std::borrow::Cow;
use std::collections::HashMap;

use super::references;

/// Deeper elements are read as part of their parent's text.
const MAX_DEPTH: usize = 64;
/// An element costs some hundred bytes; a document of nothing but tags stops here.
const MAX_NODES: usize = 300_000;

/// A name with its namespace, as far as feeds use it: see [`namespace`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name<'a> {
    pub(super) space: &'static str,
    /// Lower case.
    pub(super) local: Cow<'a, str>,
}

#[derive(Debug)]
pub(super) struct Element<'a> {
    pub(super) name: Name<'a>,
    /// As written, prefix and all, in lower case.
    written: Cow<'a, str>,
    attributes: Vec<(Cow<'a, str>, &'a str)>,
    document: &'a str,
    /// What stands between its tags.
    source: &'a str,
    start: usize,
    /// How many nodes there were before it.
    nodes_before: usize,
    children: Vec<Node<'a>>,
    /// Its end was seen, or could be told from what followed.
    pub(super) complete: bool,
}

#[derive(Debug)]
enum Node<'a> {
    Element(Box<Element<'a>>),
    /// From here to there in the document.
    Text(usize, usize),
    Cdata(&'a str),
}

/// A document's root, and the entities it declares.
#[derive(Debug)]
pub(super) struct Document<'a> {
    pub(super) root: Element<'a>,
    pub(super) entities: HashMap<String, String>,
}

/// Reads the feed of a document. None when it holds none.
pub(super) fn read(text: &str) -> Option<Document<'_>> {
    let mut builder = Builder { text, prefixes: HashMap::new(), open: Vec::new(), root: None, nodes: 0 };
    let mut entities = HashMap::new();
    for token in (Tokens { text, at: 0 }) {
        if builder.root.is_some() || builder.nodes > MAX_NODES {
            break;
        }
        match token {
            Token::Doctype("") => {}
            Token::Doctype(subset) => declared_entities(subset, &mut entities),
            Token::Start { name, .. } if builder.open.is_empty() && name.eq_ignore_ascii_case("html") => {
                return None;
            }
            token => builder.take(token),
        }
    }
    Some(Document { root: builder.finish()?, entities })
}

// --- tags

enum Token<'a> {
    Start {
        name: &'a str,
        attributes: Vec<(Cow<'a, str>, &'a str)>,
        closed: bool,
        at: usize,
        end: usize,
    },
    End {
        name: &'a str,
        at: usize,
    },
    Text(usize, usize),
    Cdata(&'a str),
    /// The internal subset.
    Doctype(&'a str),
    /// The document stops within a tag, a comment or a section.
    Cut,
}

struct Tokens<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let rest = self.text.get(self.at..).filter(|r| !r.is_empty())?;
            if !rest.starts_with('<') {
                return Some(self.words(rest));
            }
            if let Some(comment) = rest.strip_prefix("<!--") {
                match comment.find("-->") {
                    Some(end) => self.at += end + 7,
                    None => return Some(self.cut()),
                }
            } else if let Some(section) = rest.strip_prefix("<![CDATA[") {
                let Some((inside, _)) = section.split_once("]]>") else { return Some(self.cut()) };
                self.at += inside.len() + 12;
                return Some(Token::Cdata(inside));
            } else if let Some(instruction) = rest.strip_prefix("<?") {
                match instruction.find('>') {
                    Some(end) => self.at += end + 3,
                    None => return Some(self.cut()),
                }
            } else if rest.starts_with("<!") {
                let Some((subset, length)) = doctype(rest) else { return Some(self.cut()) };
                self.at += length;
                return Some(Token::Doctype(subset));
            } else if let Some(tag) = rest.strip_prefix("</") {
                let Some(end) = tag.find('>') else { return Some(self.cut()) };
                let (name, at) = (tag.split_at(end).0.trim(), self.at);
                self.at += end + 3;
                return Some(Token::End { name, at });
            } else {
                return Some(match start_tag(rest) {
                    Tag::Start { name, attributes, closed, length } => {
                        let at = self.at;
                        self.at += length;
                        Token::Start { name, attributes, closed, at, end: self.at }
                    }
                    Tag::None => self.words(rest),
                    Tag::Cut => self.cut(),
                });
            }
        }
    }
}

impl<'a> Tokens<'a> {
    /// Up to the next `<`, or past one that begins no tag.
    fn words(&mut self, rest: &str) -> Token<'a> {
        let skip = usize::from(rest.starts_with('<'));
        let end = rest.get(skip..).and_then(|r| r.find('<')).map_or(rest.len(), |end| end + skip);
        let from = self.at;
        self.at += end;
        Token::Text(from, self.at)
    }

    fn cut(&mut self) -> Token<'a> {
        self.at = self.text.len();
        Token::Cut
    }
}

/// The internal subset of a document type, and the length of the whole declaration.
fn doctype(rest: &str) -> Option<(&str, usize)> {
    let close = rest.find('>')?;
    let Some(open) = rest.split_at(close).0.find('[') else { return Some(("", close + 1)) };
    let inside = rest.get(open + 1..)?;
    let (subset, after) = inside.split_once(']')?;
    let end = after.find('>')?;
    Some((subset, open + 1 + subset.len() + 1 + end + 1))
}

enum Tag<'a> {
    Start {
        name: &'a str,
        attributes: Vec<(Cow<'a, str>, &'a str)>,
        closed: bool,
        length: usize,
    },
    /// A `<` that is only a character.
    None,
    Cut,
}

/// Attributes of a tag that are read.
const MAX_ATTRIBUTES: usize = 64;

fn start_tag(rest: &str) -> Tag<'_> {
    let mut at = 1;
    let Some(first) = rest.chars().nth(1) else { return Tag::Cut };
    if !(first.is_alphabetic() || first == '_' || first == ':') {
        return Tag::None;
    }
    let Some(name) = word(rest, &mut at, |c| c.is_whitespace() || matches!(c, '>' | '/' | '<' | '=')) else {
        return Tag::Cut;
    };
    let mut attributes = Vec::new();
    loop {
        let Some(next) = rest.get(at..).and_then(|r| r.chars().next()) else { return Tag::Cut };
        match next {
            '>' => return Tag::Start { name, attributes, closed: false, length: at + 1 },
            '/' if rest.get(at..).is_some_and(|r| r.starts_with("/>")) => {
                return Tag::Start { name, attributes, closed: true, length: at + 2 };
            }
            // A tag does not begin inside another: the first was none.
            '<' => return Tag::None,
            c if c.is_whitespace() || matches!(c, '/' | '=' | '"' | '\'') => at += c.len_utf8(),
            _ => {
                let stop = |c: char| c.is_whitespace() || matches!(c, '>' | '<' | '=' | '/');
                let Some(key) = word(rest, &mut at, stop) else { return Tag::Cut };
                let Some(value) = attribute_value(rest, &mut at) else { return Tag::Cut };
                let Value::Is(value) = value else { return Tag::None };
                // No element of a feed has a tenth of these.
                if attributes.len() < MAX_ATTRIBUTES {
                    let key = lower(key);
                    // The first of several wins, as in HTML.
                    if !attributes.iter().any(|(k, _)| *k == key) {
                        attributes.push((key, value));
                    }
                }
            }
        }
    }
}

/// The characters up to one that ends the word; at least one.
fn word<'a>(text: &'a str, at: &mut usize, ends: impl Fn(char) -> bool) -> Option<&'a str> {
    let rest = text.get(*at..)?;
    let mut length = rest.find(&ends).unwrap_or(rest.len());
    if length == 0 {
        length = rest.chars().next()?.len_utf8();
    }
    *at += length;
    Some(rest.split_at(length).0)
}

/// What follows the name of an attribute.
enum Value<'a> {
    Is(&'a str),
    /// Another tag begins in it.
    HasTag,
}

/// `= "value"`, quoted or not; empty where there is none.
fn attribute_value<'a>(text: &'a str, at: &mut usize) -> Option<Value<'a>> {
    let rest = text.get(*at..)?;
    let trimmed = rest.trim_start();
    let Some(value) = trimmed.strip_prefix('=') else { return Some(Value::Is("")) };
    let value = value.trim_start();
    let begin = *at + rest.len() - value.len();
    let quote = value.chars().next()?;
    if matches!(quote, '"' | '\'') {
        let inside = value.get(1..)?;
        // A quote that never closes would swallow the document.
        if let Some(end) = inside.find(quote) {
            *at = begin + end + 2;
            return Some(Value::Is(inside.split_at(end).0));
        }
    }
    *at = begin;
    // An address without quotes may end in a slash that is its own.
    let end = value.find(|c: char| c.is_whitespace() || matches!(c, '>' | '<'))?;
    if value.get(end..).is_some_and(|rest| rest.starts_with('<')) {
        return Some(Value::HasTag);
    }
    let bare = value.split_at(end).0;
    let bare = if value.get(end..).is_some_and(|r| r.starts_with('>')) {
        bare.strip_suffix('/').unwrap_or(bare)
    } else {
        bare
    };
    *at += bare.len();
    Some(Value::Is(bare.trim_matches(['"', '\''])))
}

fn lower(text: &str) -> Cow<'_, str> {
    if text.chars().any(char::is_uppercase) { Cow::Owned(text.to_lowercase()) } else { Cow::Borrowed(text) }
}

/// `<!ENTITY name "text">`. One that names a file or address declares nothing here.
fn declared_entities(subset: &str, entities: &mut HashMap<String, String>) {
    for declaration in subset.split("<!ENTITY").skip(1) {
        let declaration = declaration.trim_start();
        let Some((name, rest)) = declaration.split_once(char::is_whitespace) else { continue };
        let rest = rest.trim_start();
        let text = match rest.chars().next() {
            Some(quote @ ('"' | '\'')) => rest.split(quote).nth(1).unwrap_or_default(),
            _ => "",
        };
        entities.entry(name.to_owned()).or_insert_with(|| text.to_owned());
    }
}

// --- the tree

struct Builder<'a> {
    text: &'a str,
    /// Namespace prefixes declared so far. Feeds do not declare one twice differently.
    prefixes: HashMap<String, &'static str>,
    open: Vec<Element<'a>>,
    root: Option<Element<'a>>,
    nodes: usize,
}

impl<'a> Builder<'a> {
    fn take(&mut self, token: Token<'a>) {
        match token {
            Token::Start { name, attributes, closed, at, end } => {
                self.start(name, attributes, closed, at, end);
            }
            Token::End { name, at } => self.end(name, at),
            Token::Text(from, to) => self.text(from, to),
            Token::Cdata(text) => {
                self.nodes += 1;
                self.push(Node::Cdata(text));
            }
            Token::Doctype(_) | Token::Cut => {}
        }
    }

    /// A `<` that is no tag ends a run of text without ending the text.
    fn text(&mut self, from: usize, to: usize) {
        let Some(parent) = self.open.last_mut() else { return };
        if let Some(Node::Text(_, end)) =
            parent.children.last_mut().filter(|n| matches!(n, Node::Text(_, end) if *end == from))
        {
            *end = to;
        } else if self.text.get(from..to).is_some_and(|t| !t.trim().is_empty()) {
            parent.children.push(Node::Text(from, to));
        }
    }

    fn push(&mut self, node: Node<'a>) {
        if let Some(parent) = self.open.last_mut() {
            parent.children.push(node);
        }
    }

    fn start(
        &mut self,
        written: &'a str,
        attributes: Vec<(Cow<'a, str>, &'a str)>,
        closed: bool,
        at: usize,
        end: usize,
    ) {
        let mut own_space = None;
        for (key, value) in &attributes {
            if key == "xmlns" {
                own_space = namespace_of(value);
            } else if let (Some(prefix), Some(space)) = (key.strip_prefix("xmlns:"), namespace_of(value)) {
                self.prefixes.insert(prefix.to_owned(), space);
            }
        }
        let name = self.name(written, own_space);
        if self.open.is_empty() && !is_root(&name) {
            return;
        }
        let is_entry = is_entry(&name);
        if is_entry && let Some(depth) = self.open.iter().position(|e| is_entry_element(e)) {
            // An entry inside an entry: the first lacks its end tag.
            self.close_to(depth, at);
        }
        if self.open.len() >= MAX_DEPTH {
            return;
        }
        self.nodes += 1;
        let void = closed || is_void(&name, &attributes);
        let element = Element {
            name,
            written: lower(written),
            attributes,
            document: self.text,
            source: "",
            start: end,
            nodes_before: self.nodes - 1,
            children: Vec::new(),
            complete: closed || void,
        };
        if !void {
            self.open.push(element);
        } else if self.open.is_empty() {
            self.root = Some(element);
        } else {
            self.push(Node::Element(Box::new(element)));
        }
    }

    fn end(&mut self, written: &str, at: usize) {
        let written = lower(written);
        if let Some(depth) = self.open.iter().rposition(|e| e.written == written) {
            self.close_to(depth, at);
        } else if self.open.len() > 1 && self.open.last().is_some_and(Element::is_only_text) {
            // `<title>One</titel>`
            self.close_to(self.open.len() - 1, at);
        }
    }

    /// Closes every element down to this one.
    fn close_to(&mut self, depth: usize, at: usize) {
        while self.open.len() > depth {
            self.close(at, true);
        }
    }

    fn close(&mut self, at: usize, complete: bool) {
        let Some(mut element) = self.open.pop() else { return };
        element.source = self.text.get(element.start..at).unwrap_or_default();
        element.complete = complete;
        match self.open.last_mut() {
            // What nobody reads takes no room: some entries have a hundred elements of their own.
            Some(parent) if is_entry_element(parent) && !is_read_in_entries(&element.name) => {
                self.nodes = element.nodes_before;
            }
            Some(parent) => parent.children.push(Node::Element(Box::new(element))),
            None => self.root = Some(element),
        }
    }

    fn finish(mut self) -> Option<Element<'a>> {
        while !self.open.is_empty() {
            self.close(self.text.len(), false);
        }
        self.root
    }

    fn name(&self, written: &'a str, own_space: Option<&'static str>) -> Name<'a> {
        match written.split_once(':') {
            Some((prefix, local)) => {
                let declared = self.prefixes.get(&*lower(prefix)).copied();
                Name { space: declared.unwrap_or_else(|| customary(prefix)), local: lower(local) }
            }
            None => Name { space: own_space.unwrap_or(""), local: lower(written) },
        }
    }
}

fn is_root(name: &Name<'_>) -> bool {
    matches!(&*name.local, "rss" | "rdf" | "feed")
        || (name.local == "entry" && matches!(name.space, "" | "atom"))
}

fn is_entry(name: &Name<'_>) -> bool {
    matches!(name.space, "" | "atom") && matches!(&*name.local, "item" | "entry")
}

/// The elements of entries that the dialects know.
fn is_read_in_entries(name: &Name<'_>) -> bool {
    const OWN: [&str; 27] = [
        "author",
        "body",
        "category",
        "comments",
        "content",
        "created",
        "date",
        "description",
        "div",
        "enclosure",
        "fulltext",
        "guid",
        "id",
        "image",
        "issued",
        "item",
        "entry",
        "link",
        "modified",
        "pubdate",
        "published",
        "source",
        "subject",
        "summary",
        "tagline",
        "title",
        "updated",
    ];
    match name.space {
        "" | "atom" => OWN.contains(&&*name.local),
        "other" => false,
        _ => true,
    }
}

fn is_entry_element(element: &Element<'_>) -> bool {
    is_entry(&element.name)
}

/// Elements that hold nothing, whether or not their tag says so.
fn is_void(name: &Name<'_>, attributes: &[(Cow<'_, str>, &str)]) -> bool {
    match &*name.local {
        "enclosure" => true,
        "link" => attributes.iter().any(|(k, _)| k == "href"),
        _ => false,
    }
}

impl<'a> Element<'a> {
    pub(super) fn is(&self, space: &str, local: &str) -> bool {
        self.name.space == space && self.name.local == local
    }

    pub(super) fn elements(&self) -> impl Iterator<Item = &Element<'a>> {
        self.children.iter().filter_map(|n| if let Node::Element(e) = n { Some(&**e) } else { None })
    }

    /// The value of an attribute, references resolved.
    pub(super) fn attribute(&self, name: &str) -> Option<String> {
        self.value(|key| key == name)
    }

    /// `rdf:about`, whatever the prefix is.
    pub(super) fn about(&self) -> Option<String> {
        self.value(|key| key.ends_with(":about")).filter(|about| !about.is_empty())
    }

    fn value(&self, is: impl Fn(&str) -> bool) -> Option<String> {
        let (_, value) = self.attributes.iter().find(|(k, _)| is(k))?;
        Some(references::resolve(value, &HashMap::new()).trim().to_owned())
    }

    pub(super) fn is_only_text(&self) -> bool {
        self.elements().next().is_none()
    }

    /// The characters in it, references resolved; markup inside is passed over.
    pub(super) fn text(&self, entities: &HashMap<String, String>) -> String {
        let mut out = String::new();
        self.add_text(entities, &mut out);
        if out.contains("<![CDATA[") || out.contains("]]>") {
            // What is left of a section within a section.
            out = out.replace("<![CDATA[", "").replace("]]>", "");
        }
        out
    }

    fn add_text(&self, entities: &HashMap<String, String>, out: &mut String) {
        for node in &self.children {
            match node {
                Node::Text(from, to) => {
                    let text = self.document.get(*from..*to).unwrap_or_default();
                    out.push_str(&references::resolve(text, entities));
                }
                Node::Cdata(text) => out.push_str(text),
                Node::Element(element) => element.add_text(entities, out),
            }
        }
    }

    /// Its content as HTML source: escaped markup unescaped once; markup that stands
    /// there plainly, as it stands.
    pub(super) fn html(&self, entities: &HashMap<String, String>) -> String {
        if self.is_only_text() {
            return self.text(entities);
        }
        self.markup()
    }

    /// The markup inside it as it stands, sections opened, without the namespace prefix
    /// that XHTML may have.
    pub(super) fn markup(&self) -> String {
        let mut source = self.source.replace("<![CDATA[", "").replace("]]>", "");
        let mut prefixes: Vec<&str> =
            self.elements().filter_map(|e| Some(e.written.split_once(':')?.0)).collect();
        prefixes.sort_unstable();
        prefixes.dedup();
        for prefix in prefixes {
            source = source.replace(&format!("<{prefix}:"), "<").replace(&format!("</{prefix}:"), "</");
        }
        source
    }
}

/// What a namespace is called here. Feeds spell the addresses in many ways, so scheme,
/// `www.`, case and a closing slash or hash do not count. None for one of no use to us.
fn namespace_of(address: &str) -> Option<&'static str> {
    let address = address.trim().to_ascii_lowercase();
    let bare = address.split_once("://").map_or(address.as_str(), |(_, rest)| rest);
    let bare = bare.strip_prefix("www.").unwrap_or(bare).trim_end_matches(['/', '#']);
    Some(match bare {
        "purl.org/dc/elements/1.1" | "purl.org/dc/elements/1.0" => "dc",
        "purl.org/dc/terms" => "dcterms",
        "purl.org/rss/1.0/modules/content" => "content",
        "search.yahoo.com/mrss" => "media",
        "itunes.com/dtds/podcast-1.0.dtd" => "itunes",
        "w3.org/2005/atom" | "purl.org/atom/ns" => "atom",
        "rssnamespace.org/feedburner/ext/1.0" => "feedburner",
        "w3.org/1999/xhtml" => "xhtml",
        "w3.org/1999/02/22-rdf-syntax-ns" => "",
        "purl.org/rss/1.0" | "my.netscape.com/rdf/simple/0.9" | "channel.netscape.com/rdf/simple/0.9" => "",
        _ if bare.contains("rss") && !bare.contains("module") => "",
        _ => return Some("other"),
    })
}

/// What a prefix that nobody declared is customarily used for.
fn customary(prefix: &str) -> &'static str {
    match prefix.to_ascii_lowercase().as_str() {
        "dc" => "dc",
        "dcterms" => "dcterms",
        "content" => "content",
        "media" => "media",
        "itunes" => "itunes",
        "atom" | "atom10" | "a10" => "atom",
        "feedburner" => "feedburner",
        "xhtml" => "xhtml",
        "rdf" | "rss" => "",
        _ => "other",
    }
}
