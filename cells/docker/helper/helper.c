/*
 * The one program of ours inside a container: small, static, without a C library, so that it runs in an image that has nothing.
 * build.sh makes binaries.ts of it; see ../helper.ts for how it gets there and what its words mean.
 *
 *   idle                     waits for ever; only SIGKILL ends it
 *   run NOFILE PATH ARG...   says on stderr how many of its cgroup were killed for memory so far, and its pid; limits its open
 *                            files (0: does not); becomes PATH
 *   kill SIGNAL SESSION      signals every process of a session, itself and zombies excepted
 *   cat FILE...              prints files, a NUL after each; one that cannot be read is empty
 */
typedef unsigned long word;

#if defined(__x86_64__)
enum { READ = 0, WRITE = 1, CLOSE = 3, GETPID = 39, EXECVE = 59, KILL = 62, SIGPROCMASK = 14, GETDENTS = 217, EXIT = 231,
       OPENAT = 257, PPOLL = 271, PRLIMIT = 302 };
static long call(long number, word a, word b, word c, word d, word e) {
  long result;
  register word r10 __asm__("r10") = d;
  register word r8 __asm__("r8") = e;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
                   : "rcx", "r11", "memory");
  return result;
}
__asm__(".globl _start\n_start: mov %rsp, %rdi\n and $-16, %rsp\n call begin\n");
#elif defined(__aarch64__)
enum { READ = 63, WRITE = 64, CLOSE = 57, GETPID = 172, EXECVE = 221, KILL = 129, SIGPROCMASK = 135, GETDENTS = 61, EXIT = 94,
       OPENAT = 56, PPOLL = 73, PRLIMIT = 261 };
static long call(long number, word a, word b, word c, word d, word e) {
  register long x8 __asm__("x8") = number;
  register word x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c, x3 __asm__("x3") = d, x4 __asm__("x4") = e;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
  return (long)x0;
}
__asm__(".globl _start\n_start: mov x0, sp\n bl begin\n");
#else
#error "no such machine"
#endif

enum { ENOENT = 2, EACCES = 13, ENOTDIR = 20, AT_FDCWD = -100, O_CLOEXEC = 02000000, NOFILE = 7, SIG_BLOCK = 0 };

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
  const char *path = argv[3];
  long error = ENOENT;
  int named = 0;
  for (const char *p = path; *p; p += 1) named |= *p == '/';
  if (named) {
    error = -call(EXECVE, (word)path, (word)(argv + 3), (word)envp, 0, 0);
  } else {
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
      long failed = -call(EXECVE, (word)full, (word)(argv + 3), (word)envp, 0, 0);
      /* As execvp: one that is there but may not be run is told when no other is found. */
      if (failed == EACCES) error = EACCES;
      else if (failed != ENOENT && failed != ENOTDIR) { error = failed; break; }
    }
  }
  say("failed", error);
  leave(error == ENOENT ? 127 : 126);
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
  if (argc >= 4 && equal(argv[1], "run")) run(argv, envp);
  if (argc == 4 && equal(argv[1], "kill")) signal_session(number(argv[2]), number(argv[3]));
  else if (argc >= 3 && equal(argv[1], "cat")) cat(argv + 2);
  else leave(2);
  leave(0);
}
