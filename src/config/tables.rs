//! The `[[subscriber]]` tables as they are written: one more, another text for one, or one less.
//! It must not know whether what is written is right: the file is read again afterwards, as at a start.

use super::document::{Changed, change, text_of};
use std::path::Path;
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, value};

/// A change to the subscribers of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TableChange<'a> {
    /// One more, by this name, with this target and this filter (none where it is empty).
    Add(&'a str, &'a str, &'a str),
    /// The table of this name is to read so.
    Write(&'a str, &'a str),
    /// The one of this name goes.
    Remove(&'a str),
}

/// The file with the change in it. What is wrong is said in words.
pub fn change_subscribers(path: &Path, what: &TableChange) -> Result<Changed, String> {
    change(path, |document| apply(document, what))
}

/// The table of a subscriber as it is written.
pub fn subscriber_text(path: &Path, name: &str) -> Result<String, String> {
    let text = text_of(path)?.unwrap_or_default();
    let document: DocumentMut = text.parse().map_err(|e: toml_edit::TomlError| e.message().to_owned())?;
    let tables = document.get("subscriber").and_then(Item::as_array_of_tables);
    let table = tables.and_then(|tables| tables.iter().find(|table| is_named(table, name)));
    let mut alone = ArrayOfTables::new();
    alone.push(table.ok_or_else(|| not_written(name))?.clone());
    let mut out = DocumentMut::new();
    out.insert("subscriber", Item::ArrayOfTables(alone));
    Ok(out.to_string().trim_start().to_owned())
}

fn apply(document: &mut DocumentMut, what: &TableChange) -> Result<(), String> {
    let empty = document.is_empty();
    let all = document.entry("subscriber").or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
    let all = all.as_array_of_tables_mut().ok_or("write each subscriber as a [[subscriber]] table")?;
    let at = |name: &str| all.iter().position(|table| is_named(table, name)).ok_or_else(|| not_written(name));
    match what {
        TableChange::Add(name, target, when) => {
            let mut table = Table::new();
            table.insert("name", value(*name));
            table.insert("target", value(*target));
            if !when.is_empty() {
                table.insert("when", value(*when));
            }
            table.decor_mut().set_prefix(if empty { "" } else { "\n" });
            all.push(table);
        }
        TableChange::Write(name, text) => {
            let at = at(name)?;
            let mut written = written(text)?;
            let old = all.get_mut(at).ok_or_else(|| not_written(name))?;
            // It stays where it stood.
            written.set_position(old.position());
            let blank: String = prefix(old).chars().take_while(|c| c.is_whitespace()).collect();
            let comment = prefix(&written).trim_start().to_owned();
            written.decor_mut().set_prefix(blank + &comment);
            *old = written;
        }
        TableChange::Remove(name) => {
            let at = at(name)?;
            all.remove(at);
        }
    }
    Ok(())
}

/// The one table of an edited text.
fn written(text: &str) -> Result<Table, String> {
    let document: DocumentMut = text.parse().map_err(|e: toml_edit::TomlError| e.message().to_owned())?;
    let tables = document.get("subscriber").and_then(Item::as_array_of_tables).filter(|tables| tables.len() == 1);
    let table = tables.and_then(|tables| tables.get(0)).filter(|_| document.len() == 1);
    table.cloned().ok_or_else(|| "one [[subscriber]] table is expected, and nothing else".to_owned())
}

/// Blank lines and comments before a table.
fn prefix(table: &Table) -> &str {
    table.decor().prefix().and_then(|prefix| prefix.as_str()).unwrap_or_default()
}

fn is_named(table: &Table, name: &str) -> bool {
    table.get("name").and_then(Item::as_str) == Some(name)
}

fn not_written(name: &str) -> String {
    format!("`{name}` does not stand in the configuration: it was given with --forward")
}

#[cfg(test)]
mod tests {
    use super::super::document::changed;
    use super::*;

    const TEXT: &str = "# mine\ntheme = \"dark\"\n\n# the first\n[[subscriber]]\nname = \"a\" # one\ntarget = \"h:1\"\n\n\
                        [[subscriber]]\nname = \"b\"\ntarget = \"h:2\"\n\n[store]\nkeep = \"30d\"\n";

    fn done(text: &str, what: &TableChange) -> Result<String, String> {
        changed(text, |document| apply(document, what))
    }

    #[test]
    fn one_is_added_changed_and_removed_and_all_else_stays() {
        let added = done(TEXT, &TableChange::Add("c", "http://127.0.0.1:3", "type:push")).unwrap();
        let c = "[[subscriber]]\nname = \"c\"\ntarget = \"http://127.0.0.1:3\"\nwhen = \"type:push\"\n";
        assert!(added.contains(c) && added.replace(&format!("\n{c}"), "") == TEXT, "{added}");
        let fresh = done("", &TableChange::Add("c", "h:3", "")).unwrap();
        assert_eq!(fresh, "[[subscriber]]\nname = \"c\"\ntarget = \"h:3\"\n");
        let other = "# the first\n[[subscriber]]\nname = \"a\" # one\ntarget = \"h:9\"\nrate = \"1/s\"\n";
        let written = done(TEXT, &TableChange::Write("a", other)).unwrap();
        assert_eq!(written, TEXT.replace("target = \"h:1\"\n", "target = \"h:9\"\nrate = \"1/s\"\n"));
        let removed = done(TEXT, &TableChange::Remove("b")).unwrap();
        assert_eq!(removed, TEXT.replace("[[subscriber]]\nname = \"b\"\ntarget = \"h:2\"\n\n", ""));
        for wrong in ["", "[[subscriber]]\n[[subscriber]]\n", "theme = \"x\"\n[[subscriber]]\n", "[[subscriber"] {
            assert!(done(TEXT, &TableChange::Write("a", wrong)).is_err(), "{wrong}");
        }
        assert!(done(TEXT, &TableChange::Remove("c")).unwrap_err().contains("--forward"));
        assert!(done("subscriber = 1", &TableChange::Add("c", "h", "")).is_err());
    }

    #[test]
    fn one_is_shown_as_it_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.toml");
        std::fs::write(&path, TEXT).unwrap();
        let text = subscriber_text(&path, "a").unwrap();
        assert_eq!(text, "# the first\n[[subscriber]]\nname = \"a\" # one\ntarget = \"h:1\"\n");
        assert!(subscriber_text(&path, "z").is_err());
    }
}
