use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use crate::Digest;

/// One value of a payload. What is at its default is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Int(i64),
    /// Text.
    Text(Box<str>),
    /// Texts in an order that counts.
    List(Box<[Box<str>]>),
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<Vec<String>> for Value {
    fn from(texts: Vec<String>) -> Self {
        Self::List(texts.into_iter().map(String::into_boxed_str).collect())
    }
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Int(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
            Self::List(texts) => f.write_str(&texts.join(", ")),
        }
    }
}

/// What is known of a fact, by the names of its attributes. Holds nothing of the fact's own name, so that equal payloads of two
/// names speak for a rename. An attribute whose name begins with `~` says how something is written that another attribute says in
/// words that count: it is carried along, and neither hashed nor a difference.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Payload(Box<[(Cow<'static, str>, Value)]>);

impl Payload {
    /// A payload of attributes in any order. Of two with one name the later one counts.
    pub fn new(attributes: impl IntoIterator<Item = (Cow<'static, str>, Value)>) -> Self {
        let mut attributes: Vec<_> = attributes.into_iter().collect();
        attributes.sort_by(|a, b| a.0.cmp(&b.0));
        attributes.reverse();
        attributes.dedup_by(|a, b| a.0 == b.0);
        attributes.reverse();
        Self(attributes.into())
    }

    /// All attributes in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value))
    }

    /// One attribute.
    pub fn get(&self, name: &str) -> Option<&Value> {
        let at = self.0.binary_search_by(|(known, _)| known.as_ref().cmp(name)).ok()?;
        self.0.get(at).map(|(_, value)| value)
    }

    /// A text attribute.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// Whether a flag is set.
    pub fn flag(&self, name: &str) -> bool {
        matches!(self.get(name), Some(Value::Flag(true)))
    }

    /// A number.
    pub fn int(&self, name: &str) -> Option<i64> {
        match self.get(name) {
            Some(Value::Int(number)) => Some(*number),
            _ => None,
        }
    }

    /// A list; empty where there is none.
    pub fn list(&self, name: &str) -> &[Box<str>] {
        match self.get(name) {
            Some(Value::List(texts)) => texts,
            _ => &[],
        }
    }

    /// Names of the attributes in which two payloads differ, in order.
    pub fn differences(&self, other: &Payload) -> Vec<String> {
        let mut names: Vec<&str> = self.iter().chain(other.iter()).map(|(name, _)| name).collect();
        names.sort_unstable();
        names.dedup();
        names.retain(|name| counts(name) && self.get(name) != other.get(name));
        names.into_iter().map(str::to_owned).collect()
    }

    /// The hash over names, types and values; every part is preceded by its length.
    pub fn hash(&self) -> Digest {
        let mut state = Sha256::new();
        let mut put = |tag: u8, bytes: &[u8]| {
            state.update([tag]);
            state.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
            state.update(bytes);
        };
        for (name, value) in self.iter().filter(|(name, _)| counts(name)) {
            put(b'n', name.as_bytes());
            match value {
                Value::Flag(flag) => put(b'f', &[u8::from(*flag)]),
                Value::Int(number) => put(b'i', &number.to_be_bytes()),
                Value::Text(text) => put(b't', text.as_bytes()),
                Value::List(texts) => {
                    put(b'l', &u64::try_from(texts.len()).unwrap_or(u64::MAX).to_be_bytes());
                    for text in texts {
                        put(b't', text.as_bytes());
                    }
                }
            }
        }
        Digest::from_hash(state)
    }
}

fn counts(name: &str) -> bool {
    !name.starts_with('~')
}

// Written out by hand: a snapshot has tens of thousands of values, and what serde derives for values without tags keeps each of them
// and tries one type after the other.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::Int(number) => serializer.serialize_i64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(texts) => serializer.collect_seq(texts),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true or false, a whole number, text, or a list of texts")
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Flag(flag))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Int(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        i64::try_from(number).map(Value::Int).map_err(|_| E::custom(format!("{number} is too large")))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.into()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Value, E> {
        Ok(Value::Text(text.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut texts = Vec::new();
        while let Some(text) = list.next_element::<Box<str>>()? {
            texts.push(text);
        }
        Ok(Value::List(texts.into()))
    }
}

impl Serialize for Payload {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PayloadVisitor)
    }
}

struct PayloadVisitor;

impl<'de> Visitor<'de> for PayloadVisitor {
    type Value = Payload;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of attributes")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Payload, A::Error> {
        let mut attributes = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            attributes.push((Cow::Owned(name), value));
        }
        Ok(Payload::new(attributes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(attributes: &[(&'static str, Value)]) -> Payload {
        Payload::new(attributes.iter().map(|(name, value)| (Cow::Borrowed(*name), value.clone())))
    }

    #[test]
    fn the_order_of_attributes_does_not_count_and_the_later_of_two_does() {
        let one = payload(&[("a", 1.into()), ("b", "x".into())]);
        let two = payload(&[("b", "y".into()), ("a", 1.into()), ("b", "x".into())]);
        assert_eq!(one, two);
        assert_eq!(one.hash(), two.hash());
    }

    #[test]
    fn values_that_look_alike_hash_apart() {
        let texts = ["ab", "a"].map(|text| payload(&[("k", text.into())]).hash());
        assert_ne!(texts[0], texts[1]);
        let list = payload(&[("k", vec!["ab".to_owned()].into())]);
        assert_ne!(list.hash(), texts[0]);
        assert_ne!(payload(&[("k", true.into())]).hash(), payload(&[("k", 1.into())]).hash());
    }

    #[test]
    fn how_something_is_written_does_not_count() {
        let one = payload(&[("body", "a b".into()), ("~body", "a  b -- c".into())]);
        let two = payload(&[("body", "a b".into())]);
        assert_eq!(one.hash(), two.hash());
        assert!(one.differences(&two).is_empty());
        assert_eq!(one.text("~body"), Some("a  b -- c"));
    }

    #[test]
    fn what_was_written_is_read_again_and_nothing_else_is_taken_for_a_value() {
        let one = payload(&[
            ("flag", true.into()),
            ("int", i64::MIN.into()),
            ("text", "a \"b\" \n é".into()),
            ("list", vec!["x\\y".to_owned(), String::new()].into()),
        ]);
        let text = serde_json::to_string(&one).unwrap();
        assert_eq!(serde_json::from_str::<Payload>(&text).unwrap(), one);
        assert_eq!(
            serde_json::from_str::<Payload>(r#"{"b":1,"a":2,"b":3}"#).unwrap(),
            payload(&[("a", 2.into()), ("b", 3.into())])
        );
        for wrong in [
            r#"{"a":1.5}"#,
            r#"{"a":null}"#,
            r#"{"a":{}}"#,
            r#"{"a":[1]}"#,
            r#"{"a":18446744073709551615}"#,
            "[]",
        ] {
            assert!(serde_json::from_str::<Payload>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn differences_name_attributes_on_either_side() {
        let one = payload(&[("a", 1.into()), ("b", true.into()), ("c", "x".into())]);
        let two = payload(&[("a", 2.into()), ("c", "x".into()), ("d", "y".into())]);
        assert_eq!(one.differences(&two), ["a", "b", "d"]);
    }
}
