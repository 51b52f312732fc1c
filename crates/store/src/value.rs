//! Values and rows in the words that both databases share: whole numbers and texts, each of which may be absent.

use crate::fault::Fault;

/// What a statement is given, or a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Integer(Option<i64>),
    Text(Option<String>),
}

/// Values for a statement, in the order of its parameters.
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($crate::value::Value::from($value)),*] };
}
pub(crate) use values;

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(Some(number))
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Integer(Some(i64::try_from(number).unwrap_or(i64::MAX)))
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Integer(Some(i64::from(number)))
    }
}

impl From<u16> for Value {
    fn from(number: u16) -> Self {
        Self::Integer(Some(i64::from(number)))
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Self::Integer(Some(i64::try_from(number).unwrap_or(i64::MAX)))
    }
}

impl From<Option<usize>> for Value {
    fn from(number: Option<usize>) -> Self {
        Self::Integer(number.map(|number| i64::try_from(number).unwrap_or(i64::MAX)))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(Some(text.clone()))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        Self::Text(text.map(str::to_owned))
    }
}

impl From<&Option<String>> for Value {
    fn from(text: &Option<String>) -> Self {
        Self::Text(text.clone())
    }
}

/// What a query has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row(pub(crate) Vec<Value>);

impl Row {
    /// The column at `index`.
    ///
    /// # Errors
    /// [`Fault::Damaged`] where it is of another kind than the schema says.
    pub(crate) fn get<T: Column>(&self, index: usize) -> Result<T, Fault> {
        let value = self.0.get(index).and_then(T::read);
        value.ok_or_else(|| Fault::Damaged(format!("column {index} of an answer is not what it should be")))
    }
}

/// What a column can be read as.
pub(crate) trait Column: Sized {
    fn read(value: &Value) -> Option<Self>;
}

impl Column for String {
    fn read(value: &Value) -> Option<Self> {
        if let Value::Text(text) = value { text.clone() } else { None }
    }
}

impl Column for Option<String> {
    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text.clone()),
            // SQLite does not tell the type of what is absent.
            Value::Integer(None) => Some(None),
            Value::Integer(Some(_)) => None,
        }
    }
}

impl Column for i64 {
    fn read(value: &Value) -> Option<Self> {
        if let Value::Integer(number) = value { *number } else { None }
    }
}

impl Column for Option<i64> {
    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Integer(number) => Some(*number),
            Value::Text(None) => Some(None),
            Value::Text(Some(_)) => None,
        }
    }
}

/// Numbers that are kept as `i64`, and must fit.
macro_rules! number {
    ($($kind:ty),*) => { $(
        impl Column for $kind {
            fn read(value: &Value) -> Option<Self> {
                i64::read(value).and_then(|number| number.try_into().ok())
            }
        }

        impl Column for Option<$kind> {
            fn read(value: &Value) -> Option<Self> {
                match Option::<i64>::read(value)? {
                    Some(number) => number.try_into().ok().map(Some),
                    None => Some(None),
                }
            }
        }
    )* };
}
number!(u64, u32, u16, usize);
