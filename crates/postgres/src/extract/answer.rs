//! What the server answers: rows in binary form, decoded as they come.

use std::borrow::Cow;
use std::error::Error;
use std::pin::pin;

use futures_util::TryStreamExt as _;
use sluice_engine::{DbError, DbErrorKind};
use sluice_facts::{Fact, FactId, Kind, Payload, Value};
use tokio_postgres::types::{FromSql, Type};
use tokio_postgres::{Client, Row, RowStream};

use super::sql::Question;

/// Where the columns of attributes begin.
const FIRST_ATTRIBUTE: usize = 12;

/// `pg_class`, in every version.
const RELATIONS: u32 = 1259;

/// `pg_attrdef`, in every version.
const DEFAULTS: u32 = 2604;

/// Catalog, object, part of it.
pub type Address = (u32, u32, i32);

/// An answer.
pub enum Answer {
    /// The transaction has begun.
    Begun,
    /// Objects.
    Objects(Objects),
    /// Two addresses a row.
    Pairs(Paired, Vec<(Address, Address)>),
    /// Rows as they came.
    Rows(Said, Vec<Row>),
}

/// What two addresses have to do with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paired {
    /// The object at the first one, the part of which means nothing, is known as the one at the second.
    Aliases,
    /// The first needs the second.
    Dependencies,
}

/// What rows say. In the order in which they are understood: each of the names that those before it have given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Said {
    /// What there is.
    Census,
    /// Who may do what.
    Grants,
    /// Who will be able to do what.
    DefaultPrivileges,
    /// What is told of objects.
    Comments,
    /// What is there without being modelled.
    Unmodelled,
}

/// Objects of the catalog.
#[derive(Default)]
pub struct Objects {
    /// Facts, and where in the catalog they are.
    pub facts: Vec<(Address, Fact)>,
    /// Catalogs and objects that are known as what is at an address.
    pub aliases: Vec<((u32, u32), Address)>,
}

/// Why there is no answer.
pub enum Failure {
    /// The request failed.
    Request(tokio_postgres::Error),
    /// The answer is not understood.
    Answer(DbError),
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Request(error)
    }
}

impl From<DbError> for Failure {
    fn from(error: DbError) -> Self {
        Self::Answer(error)
    }
}

/// Begins the transaction.
pub async fn begun(client: &Client, sql: &str) -> Result<Answer, Failure> {
    client.batch_execute(sql).await?;
    Ok(Answer::Begun)
}

/// Asks for objects.
pub async fn objects(client: &Client, question: &Question) -> Result<Answer, Failure> {
    let mut rows = pin!(ask(client, &question.sql).await?);
    let mut objects = Objects::default();
    while let Some(row) = rows.try_next().await? {
        objects.facts.push(object(&row, &question.attributes)?);
    }
    Ok(Answer::Objects(objects))
}

/// Asks for columns, which come with their defaults.
pub async fn columns(client: &Client, question: &Question) -> Result<Answer, Failure> {
    let mut rows = pin!(ask(client, &question.sql).await?);
    let mut objects = Objects::default();
    let more = question.attributes.len().saturating_add(FIRST_ATTRIBUTE);
    while let Some(row) = rows.try_next().await? {
        let (address, fact) = object(&row, &question.attributes)?;
        if let Some(sequence) = get::<u32>(&row, more.saturating_add(2))? {
            objects.aliases.push(((RELATIONS, sequence), address));
        }
        let default = match (get::<u32>(&row, more)?, get::<&str>(&row, more.saturating_add(1))?) {
            (Some(oid), Some(expression)) => {
                let id = FactId::new(Kind::Default, names(&row, 4, 3)?);
                let payload = Payload::new([(Cow::Borrowed("expression"), expression.into())]);
                let mut default = Fact::new(id, Kind::Default, Some(fact.id.clone()), payload);
                default.ordinal = fact.ordinal;
                Some(((DEFAULTS, oid, 0), default))
            }
            // It generates the column, and is part of it.
            (Some(oid), None) => {
                objects.aliases.push(((DEFAULTS, oid), address));
                None
            }
            _ => None,
        };
        objects.facts.push((address, fact));
        objects.facts.extend(default);
    }
    Ok(Answer::Objects(objects))
}

/// Asks for pairs of addresses.
pub async fn pairs(client: &Client, what: Paired, sql: &str) -> Result<Answer, Failure> {
    let mut rows = pin!(ask(client, sql).await?);
    let mut pairs = Vec::new();
    while let Some(row) = rows.try_next().await? {
        pairs.push((address(&row, 0)?, address(&row, 3)?));
    }
    Ok(Answer::Pairs(what, pairs))
}

/// Asks for something else.
pub async fn rows(client: &Client, what: Said, sql: &str) -> Result<Answer, Failure> {
    Ok(Answer::Rows(what, ask(client, sql).await?.try_collect().await?))
}

async fn ask(client: &Client, sql: &str) -> Result<RowStream, tokio_postgres::Error> {
    client.query_typed_raw(sql, std::iter::empty::<(&str, Type)>()).await
}

/// The columns of a [`Question`].
fn object(row: &Row, attributes: &[&'static str]) -> Result<(Address, Fact), DbError> {
    let kind = kind(text(row, 3)?)?;
    let id = FactId::new(kind, names(row, 4, 3)?);
    let parent = match get::<&str>(row, 7)? {
        Some(parent) => Some(FactId::new(self::kind(parent)?, names(row, 8, 3)?)),
        None => None,
    };
    let mut known = Vec::new();
    for (name, column) in attributes.iter().zip(FIRST_ATTRIBUTE..) {
        known.extend(get::<Attribute>(row, column)?.map(|value| (Cow::Borrowed(*name), value.0)));
    }
    let mut fact = Fact::new(id, kind, parent, Payload::new(known));
    fact.ordinal = number(row, 11)?;
    Ok((address(row, 0)?, fact))
}

/// The value of a column, where it has one.
fn get<'a, T: FromSql<'a>>(row: &'a Row, column: usize) -> Result<Option<T>, DbError> {
    row.try_get(column).map_err(|error| unexpected(&error.to_string()))
}

/// The text of a column.
pub fn text(row: &Row, column: usize) -> Result<&str, DbError> {
    get(row, column)?.ok_or_else(|| unexpected("a value is missing"))
}

/// The number of a column.
pub fn number<T: TryFrom<i64>>(row: &Row, column: usize) -> Result<T, DbError> {
    let Number(number) = get(row, column)?.ok_or_else(|| unexpected("a value is missing"))?;
    number.try_into().map_err(|_| unexpected(&number.to_string()))
}

/// The address in three columns.
pub fn address(row: &Row, start: usize) -> Result<Address, DbError> {
    Ok((number(row, start)?, number(row, start.saturating_add(1))?, number(row, start.saturating_add(2))?))
}

/// A name in so many columns at most.
pub fn names(row: &Row, start: usize, count: usize) -> Result<Vec<&str>, DbError> {
    let mut names = Vec::with_capacity(count);
    for column in start..start.saturating_add(count) {
        let Some(name) = get(row, column)? else { break };
        names.push(name);
    }
    Ok(names)
}

fn kind(name: &str) -> Result<Kind, DbError> {
    Kind::parse(name).ok_or_else(|| unexpected(name))
}

/// The error of an answer that is not understood.
pub fn unexpected(what: &str) -> DbError {
    DbError::new(
        DbErrorKind::Statement,
        format!("the catalog answers in a way that is not understood: {what}"),
    )
}

/// A value of an attribute, as its type says.
struct Attribute(Value);

impl<'a> FromSql<'a> for Attribute {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(match *ty {
            Type::BOOL => Value::Flag(bool::from_sql(ty, raw)?),
            Type::INT2 | Type::INT4 | Type::INT8 => Value::Int(Number::from_sql(ty, raw)?.0),
            Type::TEXT_ARRAY | Type::NAME_ARRAY => Value::from(Vec::<String>::from_sql(ty, raw)?),
            _ => Value::Text(<&str>::from_sql(ty, raw)?.into()),
        }))
    }

    fn accepts(ty: &Type) -> bool {
        matches!(*ty, Type::BOOL | Type::INT2 | Type::INT4 | Type::INT8 | Type::TEXT_ARRAY | Type::NAME_ARRAY)
            || <&str>::accepts(ty)
    }
}

/// A whole number of any width.
struct Number(i64);

impl<'a> FromSql<'a> for Number {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(match *ty {
            Type::INT2 => i16::from_sql(ty, raw)?.into(),
            Type::INT4 => i32::from_sql(ty, raw)?.into(),
            Type::OID => u32::from_sql(ty, raw)?.into(),
            _ => i64::from_sql(ty, raw)?,
        }))
    }

    fn accepts(ty: &Type) -> bool {
        matches!(*ty, Type::INT2 | Type::INT4 | Type::INT8 | Type::OID)
    }
}
