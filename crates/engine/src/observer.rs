//! Others who tell what a database holds: what our own extractors do not see, they may.

use async_trait::async_trait;

use crate::{Connect, DbError, Session};

/// Somebody who can write a schema down, independently of our facts.
#[async_trait]
pub trait Observer: Send + Sync {
    /// What it is called, for people: `pg_dump`, `SHOW CREATE`.
    fn name(&self) -> &'static str;

    /// The schema, line by line; none where it cannot be asked here. `connect` reaches the same database as the session.
    ///
    /// # Errors
    /// As [`Session::query`].
    async fn observe(
        &self,
        connect: &Connect,
        session: &mut dyn Session,
    ) -> Result<Option<Vec<String>>, DbError>;
}

/// What an observer says of a proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// What it is called.
    pub observer: &'static str,
    /// Lines that only one of both schemas has; empty where they are the same to it.
    pub differences: Vec<String>,
}

/// Lines that only one of two observations has. Their order does not count: it is that in which things were made.
pub(crate) fn differences(is: &[String], should: &[String]) -> Vec<String> {
    let sorted = |lines: &[String]| {
        let mut lines: Vec<String> = lines
            .iter()
            .map(|line| line.trim().trim_end_matches([',', ';']).to_owned())
            .filter(|line| !line.is_empty())
            .collect();
        lines.sort();
        lines
    };
    let (is, should) = (sorted(is), sorted(should));
    let (mut is, mut should) = (is.into_iter().peekable(), should.into_iter().peekable());
    let mut differences = Vec::new();
    loop {
        match (is.peek(), should.peek()) {
            (Some(one), Some(other)) if one == other => {
                is.next();
                should.next();
            }
            (Some(one), Some(other)) if one < other => {
                differences.extend(is.next().map(|it| format!("+ {it}")))
            }
            (_, Some(_)) => differences.extend(should.next().map(|it| format!("- {it}"))),
            (Some(_), None) => differences.extend(is.next().map(|it| format!("+ {it}"))),
            (None, None) => return differences,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_lines_does_not_count_and_their_number_does() {
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        assert!(differences(&lines("a,\n\nb;\nc"), &lines("c\nb\na")).is_empty());
        assert_eq!(differences(&lines("a\na\nb"), &lines("a\nc")), ["+ a", "+ b", "- c"]);
    }
}
