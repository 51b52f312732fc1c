use crate::value::values;
use crate::{Key, Store, StoreError};

impl Store {
    /// Makes sure that all servers of a store have one key: what one of them signs and promises holds for all. The first one's counts.
    ///
    /// # Errors
    /// [`StoreError::OtherKey`].
    pub fn agree_on_key(&mut self, key: &Key) -> Result<(), StoreError> {
        let found = key.public();
        let known = self.write(|writer| {
            let keep =
                "INSERT INTO installation (name, value) VALUES ('key', ?1) ON CONFLICT (name) DO NOTHING";
            writer.execute(keep, values![&found])?;
            writer.row("SELECT value FROM installation WHERE name = 'key'", &[], |row| row.get::<String>(0))
        })?;
        match known {
            Some(known) if known != found => Err(StoreError::OtherKey { found, known }),
            _ => Ok(()),
        }
    }
}
