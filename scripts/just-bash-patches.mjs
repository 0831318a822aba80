/**
 * Corrections to just-bash 3.4.2, applied to its text while it is bundled. Each must be found exactly once: another
 * version fails the build instead of going uncorrected in silence.
 */
const index = "index.js"
const environment = "chunk-A4R2GWRF.js"

const patches = [
  {
    // `env` and `printenv` showed the shell's own variables as well as those it exports.
    file: environment,
    find: "s=new Map(i.env);for(let n of r)s.delete(n)",
    replace: "s=new Map(Object.entries(i.exportedEnv??{}));for(let n of r)s.delete(n)"
  },
  {
    file: environment,
    find: "of i.env)t.push",
    replace: "of Object.entries(i.exportedEnv??{}))t.push"
  },
  {
    file: environment,
    find: "let s=i.env.get(t);s!==void 0?",
    replace: "let s=i.exportedEnv?.[t];s!==void 0?"
  },
  {
    // Commands that run commands (xargs, find -exec, timeout) gave them the variables of the first moment.
    file: index,
    find: "exec:(v,k)=>i.execFn(v,k,!1)",
    replace: "exec:(v,k)=>i.execFn(v,{...k,env:k?.env??h},!1)"
  },
  {
    // What a command was given in its environment, it hands down.
    file: index,
    find: "hashTable:this.state.hashTable,groupStdin:",
    replace: "hashTable:this.state.hashTable,exportedVars:new Set([...this.state.exportedVars,"
      + "...s>0?Object.keys(u.env??{}).filter(W=>/^[A-Za-z_]\\w*$/.test(W)):[]]),groupStdin:"
  },
  {
    // The reason, not the text of an exception.
    file: "chunk-FZRQOL3C.js",
    find: "touch: cannot touch '${t}': ${m(e)}",
    replace: "touch: cannot touch '${t}': ${e?.reason??m(e)}"
  },
  {
    // A target that cannot be opened ended the whole script with an exception.
    file: index,
    find: "if(!s)throw a;return{error:L(\"\",`bash: ${t}: cannot open redirect target",
    replace: "return{error:L(\"\",`bash: ${t}: ${a?.reason??\"cannot open redirect target\"}"
  },
  {
    // So did a full disk or an exceeded quota while a redirected command wrote.
    file: index,
    find: "let k=async(A,C,N)=>{A.append?await e.fs.appendFile(A.path,C,N):await e.fs.writeFile(A.path,C,N)}",
    replace: "let k=async(A,C,N)=>{try{A.append?await e.fs.appendFile(A.path,C,N):await e.fs.writeFile(A.path,C,N)}"
      + "catch(W){if(W?.reason===void 0)throw W;c+=`bash: ${o}: write error: ${W.reason}\\n`,u=1}}"
  },
  {
    // `for p; do` split the positional parameters at blanks.
    file: index,
    find: "i=(e.state.env.get(\"@\")||\"\").split(\" \").filter(Boolean)",
    replace: "i=Array.from({length:Number(e.state.env.get(\"#\")||0)},(W,X)=>e.state.env.get(String(X+1))??\"\")"
  },
  {
    // Errors of expansion lost the shell's name inside a group.
    file: index,
    find: "return o.append(\"stderr\",`${$t(d)}",
    replace: "return o.append(\"stderr\",`bash: ${$t(d)}"
  },
  {
    // `set -e` is off inside a function called left of `||` or `&&`, or after `!`.
    file: index,
    find: "let f=await this.executePipeline(c);",
    replace: "let W=this.ctx.state.inCondition,f;if(l<t.pipelines.length-1||c.negated)this.ctx.state.inCondition=!0;"
      + "try{f=await this.executePipeline(c)}finally{this.ctx.state.inCondition=W}"
  }
]

/** The files of just-bash that have a correction. */
export const patchedFiles = new Set(patches.map(({ file }) => file))

export const patchJustBash = (file, source) => {
  let text = source
  for (const { find, replace } of patches.filter((patch) => patch.file === file)) {
    const parts = text.split(find)
    if (parts.length !== 2) throw new Error(`just-bash has changed: found ${parts.length - 1} times: ${find}`)
    text = parts.join(replace)
  }
  return text
}
