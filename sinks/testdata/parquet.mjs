// Prints what DuckDB reads of a Parquet file, a JSON object a line: the types in the
// file, how it is compressed, the types of its own, then each row.
import { DuckDBInstance } from '@duckdb/node-api';

const db = await (await DuckDBInstance.create(':memory:')).connect();
const print = async (sql) => {
  const rows = (await db.runAndReadAll(sql)).getRowObjectsJson();
  for (const row of rows) console.log(JSON.stringify(row));
};
const file = `'${process.argv[2].replaceAll("'", "''")}'`;

await print(`SELECT name, type, converted_type AS as, repetition_type AS is FROM parquet_schema(${file})`);
await print(`SELECT DISTINCT compression FROM parquet_metadata(${file})`);
await print(`SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM ${file})`);
await print(`SELECT count(*) AS rows, bool_and(json_valid(coalesce(meta, '0')) AND json_valid(coalesce(data, '0'))) AS json FROM ${file}`);
await print(`SELECT * REPLACE (epoch_ms(time) AS time, lower(hex(sha256)) AS sha256, CAST(meta AS VARCHAR) AS meta, CAST(data AS VARCHAR) AS data) FROM ${file}`);
