/**
 * The names of all commands that the shell has built in and that programs expect as files: the kernel's base image has
 * a stub of each in `/bin` and `/usr/bin`. No imports: the kernel reads this list without loading the engine.
 */
export const commandNames: ReadonlyArray<string> = [
  "alias", "arch", "awk", "base64", "basename", "bash", "cat", "chmod", "clear", "cmp", "column", "comm", "cp",
  "cut", "date", "dd", "diff", "dirname", "du", "echo", "egrep", "env", "expand", "expr", "false", "fgrep", "file",
  "find", "fold", "grep", "groups", "gunzip", "gzip", "head", "help", "history", "hostname", "id", "install", "join",
  "jq", "ln", "ls", "md5sum", "mkdir", "mktemp", "mv", "nl", "nproc", "od", "paste", "printenv", "printf", "pwd",
  "readlink", "realpath", "rev", "rg", "rm", "rmdir", "sed", "seq", "sh", "sha1sum", "sha256sum", "shuf", "sleep",
  "sort", "split", "stat", "strings", "tac", "tail", "tar", "tee", "time", "timeout", "touch", "tr", "tree", "true",
  "truncate", "unalias", "uname", "unexpand", "uniq", "wc", "which", "whoami", "xan", "xargs", "xxd", "yes", "yq",
  "zcat"
]
