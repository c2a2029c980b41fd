/*
 * The one program of ours inside a container: small, static, without a C library, so that it runs in an image that has nothing.
 * build.sh makes binaries.ts of it; see ../helper.ts for how it gets there and what its words mean.
 *
 *   idle                     waits for ever; only SIGKILL ends it
 *   run NOFILE PATH ARG...   says on stderr how many of its cgroup were killed for memory so far, and its pid; limits its open
 *                            files (0: does not); becomes PATH
 *   wait                     says that it is ready, reads one command from stdin (../command.ts), says its pid and becomes that
 *                            command, with nothing to read; without a whole one it waits for ever, as `idle`
 *   kill SIGNAL SESSION      signals every process of a session, itself and zombies excepted
 *   cat FILE...              prints files, a NUL after each; one that cannot be read is empty
 */
typedef unsigned long word;

#if defined(__x86_64__)
enum { READ = 0, WRITE = 1, CLOSE = 3, MMAP = 9, DUP3 = 292, GETPID = 39, EXECVE = 59, KILL = 62, SIGPROCMASK = 14, GETDENTS = 217, EXIT = 231,
       OPENAT = 257, PPOLL = 271, PRLIMIT = 302 };
static long call6(long number, word a, word b, word c, word d, word e, word f) {
  long result;
  register word r10 __asm__("r10") = d;
  register word r8 __asm__("r8") = e;
  register word r9 __asm__("r9") = f;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}
__asm__(".globl _start\n_start: mov %rsp, %rdi\n and $-16, %rsp\n call begin\n");
#elif defined(__aarch64__)
enum { READ = 63, WRITE = 64, CLOSE = 57, MMAP = 222, DUP3 = 24, GETPID = 172, EXECVE = 221, KILL = 129, SIGPROCMASK = 135, GETDENTS = 61, EXIT = 94,
       OPENAT = 56, PPOLL = 73, PRLIMIT = 261 };
static long call6(long number, word a, word b, word c, word d, word e, word f) {
  register long x8 __asm__("x8") = number;
  register word x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c, x3 __asm__("x3") = d, x4 __asm__("x4") = e,
                x5 __asm__("x5") = f;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
  return (long)x0;
}
__asm__(".globl _start\n_start: mov x0, sp\n bl begin\n");
#else
#error "no such machine"
#endif

static long call(long number, word a, word b, word c, word d, word e) { return call6(number, a, b, c, d, e, 0); }

enum { ENOENT = 2, ENOEXEC = 8, EACCES = 13, ENOTDIR = 20, AT_FDCWD = -100, O_CLOEXEC = 02000000, NOFILE = 7, SIG_BLOCK = 0,
       SIG_SETMASK = 2, READ_WRITE = 3, PRIVATE_ANONYMOUS = 0x22 };

static word length(const char *text) {
  word n = 0;
  while (text[n]) n += 1;
  return n;
}

static int equal(const char *left, const char *right) {
  while (*left && *left == *right) left += 1, right += 1;
  return *left == *right;
}

static long number(const char *text) {
  long value = 0;
  for (; *text >= '0' && *text <= '9'; text += 1) value = value * 10 + (*text - '0');
  return value;
}

static void put(const char *text, word bytes) { call(WRITE, 2, (word)text, bytes, 0, 0); }

/* "\1gavel WORD NUMBER\n" in one write, so that nothing comes between. */
static void say(const char *word_, long value) {
  char line[64], digits[24];
  word n = 0, d = 0;
  for (const char *p = "\1gavel "; *p; p += 1) line[n++] = *p;
  for (; *word_; word_ += 1) line[n++] = *word_;
  line[n++] = ' ';
  do digits[d++] = '0' + value % 10; while (value /= 10);
  while (d) line[n++] = digits[--d];
  line[n++] = '\n';
  put(line, n);
}

static __attribute__((noreturn)) void leave(int code) {
  for (;;) call(EXIT, code, 0, 0, 0, 0);
}

/* Reads the first bytes of a file, ended by a NUL; -1 when it cannot. */
static long head(const char *path, char *into, word bytes) {
  long file = call(OPENAT, AT_FDCWD, (word)path, O_CLOEXEC, 0, 0);
  if (file < 0) return -1;
  long got = call(READ, file, (word)into, bytes - 1, 0, 0);
  call(CLOSE, file, 0, 0, 0, 0);
  if (got >= 0) into[got] = 0;
  return got < 0 ? -1 : got;
}

/* The line "oom_kill N" of cgroup v1, else of v2. */
static void say_ooms(void) {
  static char text[1024];
  if (head("/sys/fs/cgroup/memory/memory.oom_control", text, sizeof text) < 0 &&
      head("/sys/fs/cgroup/memory.events", text, sizeof text) < 0)
    return;
  for (char *line = text; *line;) {
    const char *want = "oom_kill ";
    char *p = line;
    while (*want && *p == *want) p += 1, want += 1;
    if (!*want) return say("ooms", number(p));
    while (*line && *line != '\n') line += 1;
    if (*line) line += 1;
  }
}

static void idle(void) {
  word all = ~0ul;
  call(SIGPROCMASK, SIG_BLOCK, (word)&all, 0, sizeof all, 0);
  for (;;) call(PPOLL, 0, 0, 0, 0, 0);
}

/* With `scripts`, a file that no loader takes is given to the shell, as the engine's init does. */
static long try(const char *path, char **argv, char **envp, int scripts) {
  long failed = -call(EXECVE, (word)path, (word)argv, (word)envp, 0, 0);
  if (failed != ENOEXEC || !scripts) return failed;
  word argc = 0;
  while (argv[argc]) argc += 1;
  char *shell[argc + 2];
  shell[0] = "/bin/sh";
  shell[1] = (char *)path;
  for (word i = 1; i <= argc; i += 1) shell[i + 1] = argv[i];
  return -call(EXECVE, (word)shell[0], (word)shell, (word)envp, 0, 0);
}

/* Becomes argv[0], searched for as execvp does; returns why it could not. */
static long become(char **argv, char **envp, int scripts) {
  const char *path = argv[0];
  long error = ENOENT;
  int named = 0;
  for (const char *p = path; *p; p += 1) named |= *p == '/';
  if (named) return try(path, argv, envp, scripts);
  const char *at = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  for (char **entry = envp; *entry; entry += 1) {
    const char *e = *entry;
    if (e[0] == 'P' && e[1] == 'A' && e[2] == 'T' && e[3] == 'H' && e[4] == '=') at = e + 5;
  }
  static char full[4096];
  for (int more = *path != 0; more;) {
    word n = 0;
    while (*at && *at != ':' && n < 2048) full[n++] = *at++;
    while (*at && *at != ':') at += 1;
    more = *at++ == ':';
    if (n == 0) full[n++] = '.';
    full[n++] = '/';
    if (n + length(path) >= sizeof full) continue;
    for (word i = 0;; i += 1) if (!(full[n + i] = path[i])) break;
    long failed = try(full, argv, envp, scripts);
    /* As execvp: one that is there but may not be run is told when no other is found. */
    if (failed == EACCES) error = EACCES;
    else if (failed != ENOENT && failed != ENOTDIR) return failed;
  }
  return error;
}

static __attribute__((noreturn)) void fail(long error) {
  say("failed", error);
  leave(error == ENOENT ? 127 : 126);
}

static void run(char **argv, char **envp) {
  word limit[2];
  limit[0] = limit[1] = number(argv[2]);
  say_ooms();
  say("pid", call(GETPID, 0, 0, 0, 0, 0));
  if (limit[0]) {
    long failed = call(PRLIMIT, 0, NOFILE, (word)limit, 0, 0);
    if (failed < 0) {
      say("nofile", -failed);
      leave(126);
    }
  }
  fail(become(argv + 3, envp, 0));
}

/* Fills it from stdin; 0 when that ends before. */
static int fill(char *into, word bytes) {
  while (bytes) {
    long got = call(READ, 0, (word)into, bytes, 0, 0);
    if (got <= 0) return 0;
    into += got, bytes -= got;
  }
  return 1;
}

/* Both are "NAME=value". */
static int same_name(const char *left, const char *right) {
  while (*left && *left != '=' && *left == *right) left += 1, right += 1;
  return (*left == '=' || !*left) && (*right == '=' || !*right);
}

/* The command: its size in bytes and its numbers of arguments and of variables, 8 digits each; then these, a NUL after each. */
static void wait_for_command(char **own) {
  word all = ~0ul, before = 0;
  call(SIGPROCMASK, SIG_BLOCK, (word)&all, (word)&before, sizeof all, 0);
  say("ready", 0);
  char digits[3][9];
  for (int i = 0; i < 3; i += 1) {
    if (!fill(digits[i], 8)) idle();
    digits[i][8] = 0;
  }
  word bytes = number(digits[0]), argc = number(digits[1]), envc = number(digits[2]), owned = 0, n = 0;
  while (own[owned]) owned += 1;
  long memory = call6(MMAP, 0, (argc + envc + owned + 3) * sizeof(char *) + bytes, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0);
  if (memory < 0 && memory > -4096) idle();
  char **argv = (char **)memory, **envp = argv + argc + 1;
  char *text = (char *)(envp + envc + owned + 1);
  if (!fill(text, bytes)) idle();
  for (word i = 0; i < argc; i += 1, text += length(text) + 1) argv[i] = text;
  for (word i = 0; i < envc; i += 1, text += length(text) + 1) envp[n++] = text;
  for (word i = 0; i < owned; i += 1) {
    int named = 0;
    for (word given = 0; given < envc; given += 1) named |= same_name(own[i], envp[given]);
    if (!named) envp[n++] = own[i];
  }
  long nothing = call(OPENAT, AT_FDCWD, (word) "/dev/null", O_CLOEXEC, 0, 0);
  if (nothing < 0 || call(DUP3, nothing, 0, 0, 0, 0) < 0) call(CLOSE, 0, 0, 0, 0, 0);
  call(SIGPROCMASK, SIG_SETMASK, (word)&before, 0, sizeof before, 0);
  say("pid", call(GETPID, 0, 0, 0, 0, 0));
  fail(become(argv, envp, 1));
}

/* The session of a process that is alive, 0 when it is not. From "PID (NAME) STATE PPID PGRP SESSION ..."; NAME may hold anything. */
static long session(const char *pid) {
  static char path[64], stat[1024];
  word n = 0;
  for (const char *p = "/proc/"; *p; p += 1) path[n++] = *p;
  for (const char *p = pid; *p && n < 40; p += 1) path[n++] = *p;
  for (const char *p = "/stat"; *p; p += 1) path[n++] = *p;
  path[n] = 0;
  long got = head(path, stat, sizeof stat);
  if (got <= 0) return 0;
  char *p = stat + got;
  while (p > stat && *p != ')') p -= 1;
  if (p == stat || p[1] == 0 || p[2] == 'Z' || p[2] == 'X') return 0;
  p += 2;
  for (int field = 0; field < 3; field += 1) {
    while (*p && *p != ' ') p += 1;
    if (*p) p += 1;
  }
  return number(p);
}

static void signal_session(long number_, long wanted) {
  static char names[8192];
  long self = call(GETPID, 0, 0, 0, 0, 0);
  /* What forks meanwhile is found by a further round; only SIGKILL has to find them all. */
  for (int round = 0, found = 1; found && round < (number_ == 9 ? 20 : 1); round += 1) {
    found = 0;
    long folder = call(OPENAT, AT_FDCWD, (word) "/proc", O_CLOEXEC, 0, 0);
    if (folder < 0) leave(1);
    long bytes;
    while ((bytes = call(GETDENTS, folder, (word)names, sizeof names, 0, 0)) > 0)
      for (char *entry = names; entry < names + bytes; entry += *(unsigned short *)(entry + 16)) {
        long pid = number(entry + 19);
        if (pid <= 1 || pid == self || session(entry + 19) != wanted) continue;
        found = 1;
        call(KILL, pid, number_, 0, 0, 0);
      }
    call(CLOSE, folder, 0, 0, 0, 0);
  }
}

static void cat(char **files) {
  static char bytes[8192];
  for (; *files; files += 1) {
    long got, file = call(OPENAT, AT_FDCWD, (word)*files, O_CLOEXEC, 0, 0);
    if (file >= 0) {
      while ((got = call(READ, file, (word)bytes, sizeof bytes, 0, 0)) > 0) call(WRITE, 1, (word)bytes, got, 0, 0);
      call(CLOSE, file, 0, 0, 0, 0);
    }
    call(WRITE, 1, (word) "", 1, 0, 0);
  }
}

__attribute__((noreturn, used)) void begin(word *stack) {
  long argc = stack[0];
  char **argv = (char **)(stack + 1);
  char **envp = argv + argc + 1;
  if (argc == 2 && equal(argv[1], "idle")) idle();
  if (argc == 2 && equal(argv[1], "wait")) wait_for_command(envp);
  if (argc >= 4 && equal(argv[1], "run")) run(argv, envp);
  if (argc == 4 && equal(argv[1], "kill")) signal_session(number(argv[2]), number(argv[3]));
  else if (argc >= 3 && equal(argv[1], "cat")) cat(argv + 2);
  else leave(2);
  leave(0);
}
