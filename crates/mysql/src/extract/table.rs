//! Tables, from what `SHOW CREATE TABLE` says: the one text that has everything. What is read is written again and compared, word by
//! word, so that nothing is lost in silence.

use std::borrow::Cow;
use std::collections::BTreeMap;

use sluice_facts::{Builder, Fact, FactId, Kind, Payload, Value};

use super::column::{self, Column};
use super::key;
use super::{Attributes, attribute, flag};
use crate::lexeme::{Lexeme, Reader, items, names};
use crate::own_name;

/// Character sets with their default collations.
pub(super) type Collations = BTreeMap<String, String>;

/// A table as it was read.
#[derive(Debug, Default)]
struct Table {
    columns: Vec<Column>,
    /// Primary key, indexes, checks, foreign keys.
    others: Vec<Fact>,
    periods: Vec<String>,
    attributes: Attributes,
    collation: Option<String>,
}

/// The facts of a table; none where its text is not understood to the last word.
pub(super) fn facts(name: &str, shown: &str, database: &str, collations: &Collations) -> Option<Vec<Fact>> {
    let shown = own_name::without(shown, database);
    let id = FactId::new(Kind::Table, [name]);
    let mut reader = Reader::new(&shown);
    (reader.take(&["CREATE", "TABLE"]) && reader.name()? == name && reader.take_sign('(')).then_some(())?;
    let mut table = Table::default();
    loop {
        definition(&mut reader, name, &id, &mut table)?;
        if reader.take_sign(')') {
            break;
        }
        reader.take_sign(',').then_some(())?;
    }
    options(&mut reader, &mut table, collations)?;
    Some(assemble(name, id, table, collations))
}

fn definition(reader: &mut Reader<'_>, name: &str, id: &FactId, table: &mut Table) -> Option<()> {
    let ordinal = u32::try_from(table.columns.len() + table.others.len()).ok()?;
    if reader.peek().is_some_and(|lexeme| lexeme.raw.starts_with('`')) {
        table.columns.push(column::read(reader)?);
        return Some(());
    }
    if reader.take(&["PERIOD", "FOR"]) {
        let place = reader.place();
        reader.skip_item();
        table.periods.push(reader.text_since(place).to_owned());
        return Some(());
    }
    let mut fact = if reader.take(&["CONSTRAINT"]) {
        key::constraint(reader, name, id)
    } else {
        key::index(reader, name, id)
    }?;
    fact.ordinal = ordinal;
    table.others.push(fact);
    reader.ends_item().then_some(())
}

fn options(reader: &mut Reader<'_>, table: &mut Table, collations: &Collations) -> Option<()> {
    let mut list: Vec<String> = Vec::new();
    let mut charset = None;
    while reader.peek().is_some() {
        if reader.take(&["PARTITION", "BY"]) {
            return partitions(reader, table, list, charset, collations);
        }
        if reader.take(&["WITH", "SYSTEM", "VERSIONING"]) {
            table.attributes.push(flag("versioned"));
            continue;
        }
        reader.take(&["DEFAULT"]);
        let place = reader.place();
        while reader.peek().is_some_and(|lexeme| !lexeme.is_sign('=')) {
            let tablespace = reader.sees(&["TABLESPACE"]);
            reader.next();
            if tablespace {
                reader.name()?;
                break;
            }
        }
        let option = reader.text_since(place).to_owned();
        if option.starts_with("TABLESPACE") {
            list.push(option);
            continue;
        }
        reader.take_sign('=').then_some(())?;
        let value = reader.peek()?;
        let value = match reader.group() {
            Some(group) => format!("({group})"),
            None => {
                reader.next();
                value.raw.to_owned()
            }
        };
        match option.to_ascii_uppercase().as_str() {
            "ENGINE" => table.attributes.push(attribute("engine", value)),
            // It moves with the rows.
            "AUTO_INCREMENT" => {}
            "CHARSET" => charset = Some(value),
            "COLLATE" => table.collation = Some(value),
            "COMMENT" => table.attributes.push(attribute("comment", value)),
            _ => list.push(format!("{option}={value}")),
        }
    }
    finish_options(table, list, charset, collations);
    Some(())
}

fn finish_options(table: &mut Table, list: Vec<String>, charset: Option<String>, collations: &Collations) {
    let collation =
        table.collation.take().or_else(|| charset.and_then(|charset| collations.get(&charset).cloned()));
    if !list.is_empty() {
        table.attributes.push(attribute("options", list));
    }
    if !table.periods.is_empty() {
        table.attributes.push(attribute("periods", std::mem::take(&mut table.periods)));
    }
    if let Some(collation) = &collation {
        table.attributes.push(attribute("collation", collation.clone()));
    }
    table.collation = collation;
}

/// How the rows are divided, and the parts.
fn partitions(
    reader: &mut Reader<'_>,
    table: &mut Table,
    list: Vec<String>,
    charset: Option<String>,
    collations: &Collations,
) -> Option<()> {
    let engine =
        table.attributes.iter().find(|(name, _)| name == "engine").map(|(_, value)| value.to_string());
    let engine = engine.map(|engine| format!(" ENGINE = {engine}")).unwrap_or_default();
    finish_options(table, list, charset, collations);
    let place = reader.place();
    while reader.peek().is_some() {
        let before = reader.clone();
        match reader.group() {
            Some(parts) if parts.starts_with("PARTITION ") => {
                let parts = items(parts);
                let parts: Vec<String> = parts.into_iter().map(|part| part.replace(&engine, "")).collect();
                table.attributes.push(attribute("partitions", parts));
                *reader = before.clone();
                let by = reader.text_since(place).to_owned();
                reader.group()?;
                return division(table, &by, reader);
            }
            Some(_) => {}
            None => {
                reader.next();
            }
        }
    }
    let by = reader.text_since(place).to_owned();
    division(table, &by, reader)
}

fn division(table: &mut Table, by: &str, reader: &Reader<'_>) -> Option<()> {
    // When intervals of history begin is the day on which the table was made.
    let by = match by.split_once(" STARTS TIMESTAMP'") {
        Some((before, after)) if by.starts_with("SYSTEM_TIME") => {
            Cow::Owned(format!("{before}{}", after.split_once('\'').map_or("", |(_, rest)| rest)))
        }
        _ => Cow::Borrowed(by),
    };
    let by: Vec<&str> = by.split_whitespace().collect();
    table.attributes.push(attribute("partition_by", by.join(" ")));
    reader.peek().is_none().then_some(())
}

fn assemble(name: &str, id: FactId, table: Table, collations: &Collations) -> Vec<Fact> {
    let mut facts = vec![Fact::new(id.clone(), Kind::Table, None, Payload::new(table.attributes))];
    let known: Vec<String> = table.columns.iter().map(|column| column.name.to_lowercase()).collect();
    let columns_in = |text: &str| -> Vec<FactId> {
        let named = names(text).into_iter().map(|name| name.to_lowercase());
        named
            .filter(|column| known.contains(column))
            .map(|column| FactId::new(Kind::Column, [name, &column]))
            .collect()
    };
    for (place, column) in table.columns.into_iter().enumerate() {
        let mut fact = column.fact(name, &id, table.collation.as_deref(), collations, &columns_in);
        fact.ordinal = u32::try_from(place).unwrap_or(u32::MAX);
        facts.push(fact);
    }
    for mut fact in table.others {
        let ordinal = fact.ordinal;
        let own: Vec<FactId> = match fact.kind {
            Kind::Index => fact.payload.list("columns").iter().flat_map(|part| columns_in(part)).collect(),
            _ if fact.payload.text("type") == Some("check") => {
                columns_in(fact.payload.text("expression").unwrap_or_default())
            }
            _ => fact.payload.list("columns").iter().flat_map(|part| columns_in(part)).collect(),
        };
        let others: Vec<FactId> = fact.requires.to_vec();
        fact = fact.requiring(own.into_iter().chain(others));
        fact.ordinal = ordinal;
        facts.push(fact);
    }
    facts
}

/// Adds what `SHOW CREATE TABLE` says of a table, or its name where that is not understood.
pub(super) fn add(builder: &mut Builder, name: &str, shown: &str, database: &str, collations: &Collations) {
    match facts(name, shown, database, collations) {
        Some(facts) => facts.into_iter().for_each(|fact| builder.add(fact)),
        None => builder.unmodelled(format!("table {name}")),
    }
}

/// Whether two texts say the same in the same words, in whatever order. Character sets are left out, because they are written where
/// they differ from those of the table, and so is `DEFAULT NULL`, which is what nothing means.
pub(super) fn same_words(read: &[Lexeme<'_>], written: &str) -> bool {
    let written = crate::lexeme::lexemes(written);
    let sorted = |lexemes: &[Lexeme<'_>]| {
        let mut words: Vec<String> = Vec::with_capacity(lexemes.len());
        let mut rest = lexemes;
        while let Some((first, behind)) = rest.split_first() {
            let skipped = match behind.split_first() {
                Some((second, _)) if first.is("DEFAULT") && second.is("NULL") => 2,
                Some((second, _)) if first.is("CHARACTER") && second.is("SET") => 3,
                Some(_) if first.is("COLLATE") => 2,
                _ => 0,
            };
            if skipped > 0 {
                rest = rest.get(skipped..).unwrap_or_default();
                continue;
            }
            words.push(first.raw.to_ascii_lowercase());
            rest = behind;
        }
        words.sort();
        words
    };
    sorted(read) == sorted(&written)
}

/// An attribute that is a name of its own only where it is not written in small letters: ids are.
pub(super) fn spelled(name: &str) -> Option<(Cow<'static, str>, Value)> {
    let small = name.to_lowercase();
    (small != name).then(|| attribute("spelled", name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(shown: &str) -> Option<Vec<String>> {
        let collations = [("utf8mb4", "utf8mb4_general_ci"), ("latin1", "latin1_swedish_ci")]
            .map(|(charset, collation)| (charset.to_owned(), collation.to_owned()));
        let facts = facts("t", shown, "shop", &collations.into())?;
        let told = |fact: &Fact| {
            let attributes: Vec<String> =
                fact.payload.iter().map(|(name, value)| format!("{name}={value}")).collect();
            format!("{} {}", fact.id, attributes.join(" "))
        };
        Some(facts.iter().map(told).collect())
    }

    #[test]
    fn what_mysql_writes_in_comments_counts() {
        let shown = "CREATE TABLE `t` (
  `id` int NOT NULL AUTO_INCREMENT,
  `a` varchar(10) CHARACTER SET latin1 DEFAULT NULL /*!80023 INVISIBLE */,
  `g` point NOT NULL /*!80003 SRID 4326 */,
  PRIMARY KEY (`id`),
  KEY `k` ((lower(`a`)) DESC) /*!80000 INVISIBLE */,
  FULLTEXT KEY `f` (`a`) /*!50100 WITH PARSER `ngram` */ ,
  CONSTRAINT `c` CHECK ((`id` > 0)) /*!80016 NOT ENFORCED */
) ENGINE=InnoDB AUTO_INCREMENT=7 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci
/*!50100 PARTITION BY RANGE (`id`)
(PARTITION p0 VALUES LESS THAN (10) ENGINE = InnoDB,
 PARTITION p1 VALUES LESS THAN MAXVALUE ENGINE = InnoDB) */";
        let expected = [
            "table:t collation=utf8mb4_0900_ai_ci engine=InnoDB partition_by=RANGE (`id`) \
             partitions=PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE",
            "column:t.id auto_increment=true not_null=true type=int",
            "column:t.a collation=latin1_swedish_ci invisible=true type=varchar(10) ~charset=true",
            "column:t.g not_null=true srid=4326 type=point",
            "index:t.primary columns=`id` type=PRIMARY KEY",
            "index:t.k columns=(lower(`a`)) DESC visibility=INVISIBLE",
            "index:t.f columns=`a` parser=ngram type=FULLTEXT KEY",
            "constraint:t.check.c expression=(`id` > 0) not_enforced=true type=check",
        ];
        assert_eq!(read(shown).unwrap(), expected);
    }

    #[test]
    fn what_is_not_understood_to_the_last_word_is_not_read_at_all() {
        let table =
            |line: &str, options: &str| format!("CREATE TABLE `t` (\n  {line}\n) ENGINE=InnoDB{options}");
        assert!(read(&table("`a` int(11) DEFAULT NULL", "")).is_some());
        // New words are kept as they are where they say something about a column or an index.
        assert!(
            read(&table("`a` int(11) SOMEHOW ELSE DEFAULT 1", "")).unwrap()[1].contains("extra=SOMEHOW ELSE")
        );
        for (line, options) in [
            ("`a` int(11) DEFAULT 1 DEFAULT 2", ""),
            ("STRANGE THING (`a`)", ""),
            ("`a` int(11), CONSTRAINT `c` STRANGE (`a`)", ""),
            ("`a` int(11)", " STRANGE"),
        ] {
            assert!(read(&table(line, options)).is_none(), "{line}{options}");
        }
    }

    #[test]
    fn the_counter_and_the_own_name_are_left_out() {
        let shown = "CREATE TABLE `t` (\n  `a` bigint(20) DEFAULT nextval(`shop`.`s`)\n) ENGINE=InnoDB AUTO_INCREMENT=5";
        assert_eq!(
            read(shown).unwrap(),
            ["table:t engine=InnoDB", "column:t.a default=nextval(`s`) type=bigint(20)"]
        );
    }
}
