//! The JSON Schema of `digest.toml`, for editors. It is made of what the readers of the tables ask for, so
//! it cannot say anything else than they do.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::document::{Kind, TOP_LEVEL, parse};
use super::problem::Findings;
use super::resolve;

/// Every table, so that each is asked for all its keys; one of a mailbox and one of a list.
const ALL_TABLES: &str = "[mail]\n[smtp]\n[sendmail]\n[fetch]\n[stories]\n[alerts]\n[archive]\n[web]\n[theme]\n[editor]\n[[dkim]]\n[[feed]]\n[[recipient]]\n[[recipient]]\nfile = \"\"\n[[digest]]\n";

/// What every table is asked for, by its name.
fn asked() -> BTreeMap<String, Vec<(&'static str, Kind)>> {
    let findings = Findings::default();
    if let Some(document) = parse(ALL_TABLES, &findings) {
        resolve::read_all(Path::new("digest.toml"), &document, &findings);
    }
    findings.asked()
}

/// Where a key belongs that stands in a wrong table, if only one takes it.
pub(super) fn home(key: &str) -> Option<String> {
    let is_table = |kind: &Kind| matches!(kind, Kind::Table | Kind::Tables);
    let takes =
        |keys: &[(&'static str, Kind)]| keys.iter().any(|(known, kind)| *known == key && !is_table(kind));
    let asked = asked();
    if asked.get(TOP_LEVEL).is_some_and(|keys| takes(keys)) {
        return Some(format!("`{key}` belongs above the first [table]"));
    }
    let mut tables = asked.iter().filter(|(_, keys)| takes(keys));
    let (table, _) = tables.next()?;
    tables.next().is_none().then(|| format!("`{key}` belongs in {table}"))
}

/// The schema, draft 2020-12.
pub fn schema() -> Value {
    let asked = asked();
    let object = |name: &str| -> Value {
        let keys = asked.get(name).map_or(&[][..], Vec::as_slice);
        let mut properties = Map::new();
        let mut needed: Vec<&str> = Vec::new();
        for (key, kind) in keys {
            match kind {
                Kind::Needed if !needed.contains(key) => needed.push(key),
                Kind::Needed => {}
                // A choice is asked for as a string too.
                Kind::String(_) if properties.contains_key(*key) => {}
                kind => {
                    properties.insert((*key).to_owned(), of(key, kind));
                }
            }
        }
        // A list of readers has no `email`, a known provider no `host` of its own.
        needed.retain(|key| !matches!((name, *key), ("[[recipient]]", "email") | ("[smtp]", "host")));
        json!({ "type": "object", "additionalProperties": false, "properties": properties, "required": needed })
    };
    let mut root = object(TOP_LEVEL);
    if let Some(properties) = root.get_mut("properties").and_then(Value::as_object_mut) {
        for (key, property) in properties.iter_mut() {
            let (single, several) = (format!("[{key}]"), format!("[[{key}]]"));
            if asked.contains_key(&several) {
                *property = json!({ "type": "array", "items": object(&several) });
            } else if asked.contains_key(&single) {
                *property = object(&single);
            }
        }
    }
    if let Some(root) = root.as_object_mut() {
        root.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
        root.insert("title".into(), json!("digest.toml of tidings"));
    }
    root
}

fn of(key: &str, kind: &Kind) -> Value {
    match kind {
        // Asked for only to say that it is not to be.
        Kind::String(_) if key == "password" => json!(false),
        Kind::String(example) => json!({ "type": "string", "examples": [example] }),
        Kind::Choice(words) => json!({ "enum": words }),
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::Number(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Kind::Strings => {
            json!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] })
        }
        Kind::StringTable => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        Kind::Table => json!({ "type": "object" }),
        Kind::Tables => json!({ "type": "array", "items": { "type": "object" } }),
        Kind::Needed => json!(true),
    }
}
