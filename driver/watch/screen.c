/*
 * screen.c - a terminal by ncurses, which knows the kinds of terminals.
 *
 * A build without ncurses.h can print frames as text only; screen_open then
 * ends the program with a message.
 */
#define _GNU_SOURCE
#include "screen.h"

#include "base/fatal.h"
#include "base/interrupt.h"

#if __has_include(<ncurses.h>)

#define NCURSES_WIDECHAR 1
#include <ncurses.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#undef columns /* a macro of term.h */

static struct {
    SCREEN *terminal; /* NULL: screen_open has not been called */
    bool keys;
    struct termios before;
    char restore_sequence[256]; /* what a terminal is sent to restore it */
} screen;

/* ---- Signals that end the program. ---- */

static const int fatal_signals[] = {SIGTERM, SIGHUP, SIGQUIT, SIGABRT, SIGSEGV,
                                    SIGBUS,  SIGFPE, SIGILL,  SIGPIPE, SIGINT};

enum { FATAL_SIGNALS = sizeof fatal_signals / sizeof *fatal_signals };

static struct sigaction old_actions[FATAL_SIGNALS];

/* Add a string of terminfo, without its pauses, which old terminals need. */
static void add_to_restore_sequence(const char *name)
{
    const char *text = tigetstr(name);
    size_t used = strlen(screen.restore_sequence);

    if (!text || text == (char *)-1)
        return;
    while (*text && used + 1 < sizeof screen.restore_sequence) {
        if (text[0] == '$' && text[1] == '<')
            text = strchrnul(text, '>');
        else
            screen.restore_sequence[used++] = *text;
        text += *text != '\0';
    }
    screen.restore_sequence[used] = '\0';
}

/* Restore the terminal. A signal handler may make system calls only. */
static void on_fatal_signal(int number)
{
    ssize_t n = write(STDOUT_FILENO, screen.restore_sequence,
                      strlen(screen.restore_sequence));

    (void)n;
    tcsetattr(STDOUT_FILENO, TCSANOW, &screen.before);
    signal(number, SIG_DFL);
    raise(number); /* blocked until the handler returns */
}

/*
 * All signals are blocked while the handler runs. SA_RESETHAND is no
 * substitute: the kernel resets the action before it blocks the signal, and a
 * second Ctrl-C in between would end the program without restoring the
 * terminal.
 */
static struct sigaction action_for(void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler};

    sigfillset(&action.sa_mask);
    return action;
}

/* The first Ctrl-C sets a flag; a second one ends the program at once. */
static void on_interrupt(int number)
{
    struct sigaction action = action_for(on_fatal_signal);

    interrupted = 1;
    sigaction(number, &action, NULL);
}

static void catch_fatal_signals(void)
{
    for (int i = 0; i < FATAL_SIGNALS; i++) {
        struct sigaction action = action_for(
            fatal_signals[i] == SIGINT ? on_interrupt : on_fatal_signal);

        sigaction(fatal_signals[i], &action, &old_actions[i]);
    }
}

static void restore_signals(void)
{
    for (int i = 0; i < FATAL_SIGNALS; i++)
        sigaction(fatal_signals[i], &old_actions[i], NULL);
}

/* ---- Opening and closing. ---- */

static void set_up_colours(void)
{
    if (!has_colors())
        return;
    start_color();
    use_default_colors();
    init_pair(COLOUR_LIVE, COLOR_GREEN, -1);
    init_pair(COLOUR_OVERHEAD, COLOR_YELLOW, -1);
    init_pair(COLOUR_HOLE, COLOR_BLUE, -1);
}

static void prepare_keys(void)
{
    if (!screen.keys)
        return;
    cbreak();
    noecho();
    keypad(stdscr, TRUE);
}

static void start_terminal(void)
{
    const char *term = getenv("TERM");

    screen.terminal = newterm(NULL, stdout, stdin);
    if (!screen.terminal)
        fatal_usage("--watch: no terminal is known as '%s' (TERM); "
                    "--watch=plain prints frames",
                    term ? term : "");
    before_message = screen_close;
    if (!tigetstr("cup"))
        fatal_usage("--watch: a terminal of the kind '%s' (TERM) cannot "
                    "place a cursor; --watch=plain prints frames",
                    term);
    add_to_restore_sequence("sgr0");
    add_to_restore_sequence("cnorm");
    add_to_restore_sequence("rmcup");
}

void screen_open(void)
{
    sigset_t all, before;

    screen.keys = isatty(STDIN_FILENO);
    tcgetattr(STDOUT_FILENO, &screen.before);
    catch_fatal_signals();
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before); /* until the sequence is known */
    start_terminal();
    sigprocmask(SIG_SETMASK, &before, NULL);
    prepare_keys();
    set_up_colours();
    curs_set(0);
}

void screen_close(void)
{
    if (!screen.terminal)
        return;
    before_message = NULL;
    endwin();
    delscreen(screen.terminal);
    screen.terminal = NULL;
    restore_signals();
}

/* ---- Showing. ---- */

/* The kernel knows the size at once, ncurses only after a key was read. */
void screen_size(int *rows, int *columns)
{
    struct winsize size;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 &&
        size.ws_col > 0 && is_term_resized(size.ws_row, size.ws_col)) {
        resizeterm(size.ws_row, size.ws_col);
        clear();
    }
    *rows = LINES;
    *columns = COLS;
}

void screen_show(const struct frame *f)
{
    for (int row = 0; row < f->rows && row < LINES; row++) {
        move(row, 0);
        for (int column = 0; column < f->columns; column++) {
            const struct glyph *g = &f->glyphs[row][column];

            if (has_colors())
                attrset(COLOR_PAIR(g->colour));
            addstr(g->text);
        }
    }
    refresh();
}

/* ---- Keys. ---- */

bool screen_has_keys(void)
{
    return screen.keys;
}

int screen_key(int milliseconds)
{
    if (!screen.keys) {
        usleep((useconds_t)milliseconds * 1000);
        return NO_KEY;
    }
    timeout(milliseconds);
    int key = getch();
    return key == ERR || key == KEY_RESIZE ? NO_KEY : key;
}

#else

void screen_open(void)
{
    fatal_usage("--watch: built without ncurses (Debian: libncurses-dev); "
                "--watch=plain prints frames");
}

void screen_close(void)
{
}

void screen_size(int *rows, int *columns)
{
    *rows = *columns = 0;
}

void screen_show(const struct frame *f)
{
    (void)f;
}

bool screen_has_keys(void)
{
    return false;
}

int screen_key(int milliseconds)
{
    (void)milliseconds;
    return NO_KEY;
}

#endif
