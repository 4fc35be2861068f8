from wit_world.cases import record, variant

TextBuffer = record("TextBuffer", "offsets", "bytes")
CodedText = record("CodedText", "codes", "dictionary")
Column = record("Column", "name", "validity", "values")
TableColumn = record("TableColumn", "kind", "column")
TableBatch = record("TableBatch", "table", "rows", "columns")
FailureDetail = record("FailureDetail", "message", "traceback")
ONE = ["value"]
variant(
    "ColumnValues",
    {"I64": ONE, "U64": ONE, "F64": ONE, "Boolean": ONE, "Text": ONE, "Coded": ONE, "Time": ONE},
    globals(),
)
variant(
    "Value",
    {"Null": [], "Boolean": ONE, "I64": ONE, "U64": ONE, "F64": ONE, "Text": ONE, "Time": ONE},
    globals(),
)
variant("Failure", {"Invalid": ONE, "TryAgain": ONE}, globals())
