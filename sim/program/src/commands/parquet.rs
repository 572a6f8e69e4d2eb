//! Tables of doubles as Parquet: one row for each draw or path, one column for each number.

use std::sync::Arc;

use parquet::basic::{Repetition, Type as Physical};
use parquet::data_type::DoubleType;
use parquet::errors::ParquetError;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;

use sit_sim::columns::Columns;

use super::Failure;

/// The bytes of a file with this table.
pub fn encoded(table: &Columns) -> Result<Vec<u8>, Failure> {
    encode(table).map_err(|error| Failure::Machine(format!("the table cannot be put into Parquet: {error}")))
}

fn encode(table: &Columns) -> Result<Vec<u8>, ParquetError> {
    let field = |(name, _): (&str, &[f64])| {
        let field = Type::primitive_type_builder(name, Physical::DOUBLE).with_repetition(Repetition::REQUIRED);
        field.build().map(Arc::new)
    };
    let fields = table.iter().map(field).collect::<Result<_, _>>()?;
    let schema = Arc::new(Type::group_type_builder("table").with_fields(fields).build()?);
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::default())?;
    let mut rows = writer.next_row_group()?;
    for (_, values) in table.iter() {
        let Some(mut column) = rows.next_column()? else { break };
        column.typed::<DoubleType>().write_batch(values, None, None)?;
        column.close()?;
    }
    rows.close()?;
    writer.into_inner()
}

#[cfg(test)]
mod tests {
    use super::*;
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::RowAccessor;

    #[test]
    fn a_table_is_read_back_to_the_last_bit() {
        let mut table = Columns::new(["reverting.kappa", "empty"]);
        table.push([3.0, -0.0]);
        table.push([1.0 / 3.0, 1e-300]);
        let mut file = tempfile::tempfile().unwrap();
        std::io::Write::write_all(&mut file, &encoded(&table).unwrap()).unwrap();
        let reader = SerializedFileReader::new(file).unwrap();
        let schema = reader.metadata().file_metadata().schema_descr();
        assert_eq!(schema.column(0).name(), "reverting.kappa");
        let rows: Vec<_> = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
        for (row, number) in rows.iter().zip(0..) {
            for (place, (_, values)) in table.iter().enumerate() {
                assert_eq!(row.get_double(place).unwrap().to_bits(), values[number as usize].to_bits());
            }
        }
        assert_eq!(rows.len(), 2);
    }
}
