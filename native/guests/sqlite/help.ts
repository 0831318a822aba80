/** What the shell of SQLite says about itself. */

export const usage = (file: string): string =>
  `Usage: ${file} [OPTIONS] FILENAME [SQL]
FILENAME is the name of an SQLite database. A new database is created
if the file does not previously exist.
OPTIONS include:
   -ascii               set output mode to 'ascii'
   -bail                stop after hitting an error
   -batch               force batch I/O
   -box                 set output mode to 'box'
   -column              set output mode to 'column'
   -cmd COMMAND         run "COMMAND" before reading stdin
   -csv                 set output mode to 'csv'
   -echo                print inputs before execution
   -init FILENAME       read/process named file
   -[no]header          turn headers on or off
   -help                show this message
   -html                set output mode to HTML
   -interactive         force interactive I/O
   -json                set output mode to 'json'
   -line                set output mode to 'line'
   -list                set output mode to 'list'
   -markdown            set output mode to 'markdown'
   -newline SEP         set output row separator. Default: '\\n'
   -nullvalue TEXT      set text string for NULL values. Default ''
   -quote               set output mode to 'quote'
   -readonly            open the database read-only
   -separator SEP       set output column separator. Default: '|'
   -table               set output mode to 'table'
   -tabs                set output mode to 'tabs'
   -version             show SQLite version
`

/** The commands, each with its first line and what more there is to say. */
const texts: ReadonlyArray<readonly [string, string]> = [
  [".backup ?DB? FILE        Backup DB (default \"main\") to FILE", ""],
  [".bail on|off             Stop after hitting an error.  Default OFF", ""],
  [".cd DIRECTORY            Change the working directory to DIRECTORY", ""],
  [".changes on|off          Show number of rows changed by SQL", ""],
  [".databases               List names and files of attached databases", ""],
  [
    ".dump ?OBJECTS?          Render database content as SQL",
    `   Options:
     --data-only            Output only INSERT statements
     --newlines             Allow unescaped newline characters in output
     --nosys                Omit system tables (ex: "sqlite_stat1")
     --preserve-rowids      Include ROWID values in the output
   OBJECTS is a LIKE pattern for tables, indexes, triggers or views to dump
   Additional LIKE patterns can be given in subsequent arguments
`
  ],
  [".echo on|off             Turn command echo on or off", ""],
  [".eqp on|off              Enable or disable automatic EXPLAIN QUERY PLAN", ""],
  [".exit ?CODE?             Exit this program with return-code CODE", ""],
  [".fullschema ?--indent?   Show schema and the content of sqlite_stat tables", ""],
  [".headers on|off          Turn display of headers on or off", ""],
  [".help ?PATTERN?          Show help text for PATTERN", ""],
  [
    ".import FILE TABLE       Import data from FILE into TABLE",
    `   Options:
     --ascii               Use \\037 and \\036 as column and row separators
     --csv                 Use , and \\n as column and row separators
     --skip N              Skip the first N rows of input
     --schema S            Target table to be S.TABLE
     -v                    "Verbose" - increase auxiliary output
   Notes:
     *  If TABLE does not exist, it is created.  The first row of input
        determines the column names.
     *  If neither --csv or --ascii are used, the input mode is derived
        from the ".mode" output mode
     *  If FILE begins with "|" then it is a command that generates the
        input text.
`
  ],
  [".indexes ?TABLE?         Show names of indexes", ""],
  [
    ".mode MODE ?OPTIONS?     Set output mode",
    `   MODE is one of:
     ascii       Columns/rows delimited by 0x1F and 0x1E
     box         Tables using unicode box-drawing characters
     csv         Comma-separated values
     column      Output in columns.  (See .width)
     html        HTML <table> code
     insert      SQL insert statements for TABLE
     json        Results in a JSON array
     line        One value per line
     list        Values delimited by "|"
     markdown    Markdown table format
     qbox        Shorthand for "box --wrap 60 --quote"
     quote       Escape answers as for SQL
     table       ASCII-art table
     tabs        Tab-separated values
     tcl         TCL list elements
   OPTIONS: (for columnar modes or insert mode):
     --wrap N       Wrap output lines to no longer than N characters
     --wordwrap B   Wrap or not at word boundaries per B (on/off)
     --ww           Shorthand for "--wordwrap 1"
     --quote        Quote output text as SQL literals
     --noquote      Do not quote output text
     TABLE          The name of SQL table used for "insert" mode
`
  ],
  [".nullvalue STRING        Use STRING in place of NULL values", ""],
  [".once FILE               Output for the next SQL command only to FILE", ""],
  [
    ".open ?OPTIONS? ?FILE?   Close existing database and reopen FILE",
    `     Options:
        --new           Initialize FILE to an empty database
        --readonly      Open FILE readonly
`
  ],
  [".output ?FILE?           Send output to FILE or stdout if FILE is omitted", ""],
  [
    ".parameter CMD ...       Manage SQL parameter bindings",
    `   clear                   Erase all bindings
   init                    Initialize the TEMP table that holds bindings
   list                    List the current parameter bindings
   set PARAMETER VALUE     Given SQL parameter PARAMETER a value of VALUE
                           PARAMETER should start with one of: $ : @ ?
   unset PARAMETER         Remove PARAMETER from the binding table
`
  ],
  [".print STRING...         Print literal STRING", ""],
  [".quit                    Exit this program", ""],
  [".read FILE               Read input from FILE", ""],
  [".restore ?DB? FILE       Restore content of DB (default \"main\") from FILE", ""],
  [".save FILE               Write database to FILE (an alias for .backup ...)", ""],
  [
    ".schema ?PATTERN?        Show the CREATE statements matching PATTERN",
    `   Options:
      --indent             Try to pretty-print the schema
      --nosys              Omit objects whose names start with "sqlite_"
`
  ],
  [".separator COL ?ROW?     Change the column and row separators", ""],
  [".show                    Show the current values for various settings", ""],
  [".tables ?TABLE?          List names of tables matching LIKE pattern TABLE", ""],
  [".timeout MS              Try opening locked tables for MS milliseconds", ""],
  [".timer on|off            Turn SQL timer on or off", ""],
  [".width NUM1 NUM2 ...     Set minimum column widths for columnar output", ""]
]

/** All about the commands whose names begin so. */
export const usageOf = (name: string): string =>
  texts.filter(([line]) => line.startsWith(`.${name}`)).map(([line, more]) => `${line}\n${more}`).join("")

/** What `.help` prints. */
export const helpText = (pattern: string | undefined): string => {
  if (pattern === undefined) return texts.map(([line]) => `${line}\n`).join("")
  const found = texts.filter(([line]) => line.startsWith(`.${pattern.replace(/^\./, "")}`))
  if (found.length === 0) return `Nothing matches '${pattern}'\n`
  return found.length === 1 ? usageOf(pattern.replace(/^\./, "")) : found.map(([line]) => `${line}\n`).join("")
}
