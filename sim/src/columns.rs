//! Tables of numbers for other people's tools: named columns of doubles, all of one length.

use serde::ser::{Serialize, SerializeMap, Serializer};

/// A table of doubles. As JSON it is one object: an array for each column, in their order.
#[derive(Clone, Debug, PartialEq)]
pub struct Columns {
    names: Vec<String>,
    values: Vec<Vec<f64>>,
}

impl Columns {
    /// A table of these columns without a row.
    pub fn new<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Self {
        let names: Vec<String> = names.into_iter().map(Into::into).collect();
        let values = names.iter().map(|_| Vec::new()).collect();
        Self { names, values }
    }

    /// Adds a row, its numbers in the order of the columns; what is missing is zero.
    pub fn push(&mut self, row: impl IntoIterator<Item = f64>) {
        let mut row = row.into_iter();
        for column in &mut self.values {
            column.push(row.next().unwrap_or(0.0));
        }
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.values.first().map_or(0, Vec::len)
    }

    /// The columns with their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[f64])> {
        self.names.iter().zip(&self.values).map(|(name, values)| (name.as_str(), values.as_slice()))
    }
}

impl Serialize for Columns {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.names.len()))?;
        for (name, values) in self.iter() {
            map.serialize_entry(name, values)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_become_columns_in_their_order() {
        let mut table = Columns::new(["b", "a"]);
        table.push([1.0, 0.5]);
        table.push([2.0]);
        assert_eq!(table.rows(), 2);
        assert_eq!(serde_json::to_string(&table).unwrap(), "{\"b\":[1.0,2.0],\"a\":[0.5,0.0]}");
    }
}
