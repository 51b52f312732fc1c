//! Migration directories of every layout, read as changes in the order in which they apply.
