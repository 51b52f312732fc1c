use serde::Deserialize;

use crate::problem::Problem;

/// Which part of a list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// Only of this project.
    pub project: Option<String>,
    /// `next` of the page before.
    pub cursor: Option<String>,
    /// How many at most.
    pub limit: Option<usize>,
}

impl PageQuery {
    /// How many at most.
    ///
    /// # Errors
    /// None, or too many.
    pub fn limit(&self) -> Result<usize, Problem> {
        match self.limit.unwrap_or(50) {
            limit @ 1..=200 => Ok(limit),
            _ => Err(Problem::invalid("limit: give a number from 1 to 200")),
        }
    }

    /// What was asked of a list that is in order of its names: the part, and how to go on.
    ///
    /// # Errors
    /// A limit that is none.
    pub fn part<T>(
        &self,
        items: Vec<T>,
        name: impl Fn(&T) -> &str,
    ) -> Result<(Vec<T>, Option<String>), Problem> {
        let limit = self.limit()?;
        let start = match &self.cursor {
            None => 0,
            Some(cursor) => items
                .iter()
                .position(|item| name(item) == cursor)
                .ok_or_else(|| Problem::invalid("cursor: give `next` of the page before"))?
                .saturating_add(1),
        };
        let more = items.len() > start.saturating_add(limit);
        let part: Vec<T> = items.into_iter().skip(start).take(limit).collect();
        let next = part.last().filter(|_| more).map(|item| name(item).to_owned());
        Ok((part, next))
    }
}
