/* A phone that records a call, on POSIX sockets and files: it plays a WAV file as the call's sound,
 * has it recorded by a record server, and records it itself into a folder, as to a USB drive. From
 * there it plays its recording in the end, to a file that stands for the loudspeaker.
 *
 *     phone --play FILE.wav [--codec PCMA] [--server 192.0.2.1:10000] [--files DIR]
 *           [--hear FILE.wav]
 *
 * One loop drives both machines: sleep until something happens or is due, tell the machine, do what
 * it wants done. A phone's firmware does the same with its own sockets, its own drive and the sound
 * of its own calls. */

#define _POSIX_C_SOURCE 200809L

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "recscope.h"

enum { FRAME_MS = 20, FILES = 8, NO_FILE = -1 };

/* A machine, and what it has open. */
struct host {
    const char *name;
    RecscopeMachine *machine; /* NULL: not in use */
    int folder;
    int files[FILES]; /* by number, modulo FILES; a recording has one open at a time */
    int udp;
    int tcp;
    bool connecting;
    uint32_t connection;
    bool connection_failed; /* to be told once its outputs are done */
    bool file_failed;
    uint32_t failed_file;
    char name_of_file[256]; /* the last that was made */
    uint8_t read[8192];     /* what was read of a file */
    bool answered;          /* an answer is to be told once its outputs are done */
    RecscopeInput answer;
    FILE *loudspeaker;
    uint32_t heard; /* samples that came out of it */
    uint32_t rate;  /* of which it plays so many per second */
    bool recorded; /* it reached the state "recording" */
    bool prompted; /* it had something to complain of */
};

static void fail(const char *what, const char *why) {
    fprintf(stderr, "phone: %s: %s\n", what, why);
    exit(2);
}

static void check(RecscopeStatus status, const char *what) {
    if (status != RECSCOPE_STATUS_OK) {
        fail(what, recscope_status_message(status));
    }
}

/* Microseconds since the first call. */
static uint64_t now(void) {
    static struct timespec start;
    static bool is_started;
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    if (!is_started) {
        start = time;
        is_started = true;
    }
    int64_t seconds = (int64_t)time.tv_sec - (int64_t)start.tv_sec;
    return (uint64_t)(seconds * 1000000 + (time.tv_nsec - start.tv_nsec) / 1000);
}

static socklen_t to_sockaddr(const RecscopeAddress *address, struct sockaddr_storage *to) {
    memset(to, 0, sizeof *to);
    if (address->family == 6) {
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)to;
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(address->port);
        memcpy(&v6->sin6_addr, address->ip, 16);
        return sizeof *v6;
    }
    struct sockaddr_in *v4 = (struct sockaddr_in *)to;
    v4->sin_family = AF_INET;
    v4->sin_port = htons(address->port);
    memcpy(&v4->sin_addr, address->ip, 4);
    return sizeof *v4;
}

/* The address that a socket is bound to. */
static RecscopeAddress local_address(int fd) {
    struct sockaddr_storage from;
    socklen_t len = sizeof from;
    RecscopeAddress address = {0};
    if (getsockname(fd, (struct sockaddr *)&from, &len) != 0) {
        fail("cannot read a socket's address", strerror(errno));
    }
    if (from.ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&from;
        address.family = 6;
        address.port = ntohs(v6->sin6_port);
        memcpy(address.ip, &v6->sin6_addr, 16);
    } else {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)&from;
        address.family = 4;
        address.port = ntohs(v4->sin_port);
        memcpy(address.ip, &v4->sin_addr, 4);
    }
    return address;
}

static void tell(struct host *host, const RecscopeInput *input);

static void close_tcp(struct host *host) {
    if (host->tcp >= 0) {
        close(host->tcp);
        host->tcp = -1;
    }
}

static void connect_tcp(struct host *host, const RecscopeOutput *output) {
    struct sockaddr_storage to;
    socklen_t len = to_sockaddr(&output->remote, &to);
    host->connection = output->connection;
    host->connecting = true;
    host->tcp = socket(to.ss_family, SOCK_STREAM, 0);
    if (host->tcp < 0 || fcntl(host->tcp, F_SETFL, O_NONBLOCK) != 0 ||
        (connect(host->tcp, (struct sockaddr *)&to, len) != 0 && errno != EINPROGRESS)) {
        host->connection_failed = true;
    }
}

/* Commands are short: where the socket takes no more, it is waited for a moment. */
static void send_tcp(struct host *host, const uint8_t *bytes, size_t len) {
    while (len > 0 && host->tcp >= 0) {
        ssize_t sent = send(host->tcp, bytes, len, MSG_NOSIGNAL);
        if (sent >= 0) {
            bytes += sent;
            len -= (size_t)sent;
            continue;
        }
        struct pollfd writable = {.fd = host->tcp, .events = POLLOUT};
        bool is_full = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
        if (!is_full || poll(&writable, 1, 1000) != 1) {
            host->connection_failed = true;
            return;
        }
    }
}

static void create_file(struct host *host, const RecscopeOutput *output) {
    char *name = host->name_of_file;
    snprintf(name, sizeof host->name_of_file, "%.*s", (int)output->text.len, output->text.data);
    int *file = &host->files[output->file % FILES];
    *file = openat(host->folder, name, O_WRONLY | O_CREAT | O_EXCL, 0644);
    if (*file < 0) {
        host->file_failed = true;
        host->failed_file = output->file;
    } else {
        printf("%s: writes %s\n", host->name, name);
    }
}

static void write_file(struct host *host, const RecscopeOutput *output) {
    int file = host->files[output->file % FILES];
    const uint8_t *bytes = output->bytes;
    size_t len = output->len;
    off_t offset = (off_t)output->offset;
    while (file >= 0 && len > 0) {
        ssize_t written = pwrite(file, bytes, len, offset);
        if (written < 0) {
            host->file_failed = true;
            host->failed_file = output->file;
            return;
        }
        bytes += written;
        len -= (size_t)written;
        offset += written;
    }
}

/* Opens a file of the folder to read it. */
static void open_file(struct host *host, const RecscopeOutput *output) {
    char name[256];
    struct stat facts;
    snprintf(name, sizeof name, "%.*s", (int)output->text.len, output->text.data);
    int *file = &host->files[output->file % FILES];
    *file = openat(host->folder, name, O_RDONLY);
    bool is_open = *file >= 0 && fstat(*file, &facts) == 0;
    host->answered = true;
    host->answer = (RecscopeInput){.kind = is_open ? RECSCOPE_INPUT_KIND_FILE_OPENED
                                                   : RECSCOPE_INPUT_KIND_FILE_FAILED,
                                   .file = output->file,
                                   .size = is_open ? (uint64_t)facts.st_size : 0};
}

/* Reads a part of it; a file that ends before gives less. */
static void read_file(struct host *host, const RecscopeOutput *output) {
    size_t wanted = output->len < sizeof host->read ? output->len : sizeof host->read;
    ssize_t len =
        pread(host->files[output->file % FILES], host->read, wanted, (off_t)output->offset);
    host->answered = true;
    host->answer = (RecscopeInput){.kind = len < 0 ? RECSCOPE_INPUT_KIND_FILE_FAILED
                                                   : RECSCOPE_INPUT_KIND_FILE_DATA,
                                   .file = output->file,
                                   .position = output->offset,
                                   .bytes = host->read,
                                   .len = len < 0 ? 0 : (size_t)len};
}

static void put(uint8_t *at, uint32_t value, int bytes) {
    for (int i = 0; i < bytes; i++) {
        at[i] = (uint8_t)(value >> 8 * i);
    }
}

/* The loudspeaker: samples follow each other in a WAV file. */
static void hear(struct host *host, const RecscopeOutput *output) {
    host->rate = output->sample_rate;
    for (size_t i = 0; i < output->count && host->loudspeaker != NULL; i++) {
        uint8_t bytes[2];
        put(bytes, (uint16_t)output->samples[i], 2);
        host->heard += fwrite(bytes, sizeof bytes, 1, host->loudspeaker) == 1;
    }
}

static void close_file(struct host *host, uint32_t number) {
    int *file = &host->files[number % FILES];
    if (*file >= 0) {
        close(*file);
        *file = NO_FILE;
    }
}

static bool is(RecscopeText text, const char *word) {
    return text.len == strlen(word) && memcmp(text.data, word, text.len) == 0;
}

/* Does one thing that the machine wants done. */
static void act(struct host *host, const RecscopeOutput *output) {
    struct sockaddr_storage to;
    socklen_t len;
    switch (output->kind) {
    case RECSCOPE_OUTPUT_KIND_DATAGRAM:
        len = to_sockaddr(&output->remote, &to);
        /* A datagram that cannot be sent is lost, like one that gets lost on its way. */
        (void)sendto(host->udp, output->bytes, output->len, 0, (struct sockaddr *)&to, len);
        break;
    case RECSCOPE_OUTPUT_KIND_TCP_CONNECT:
        connect_tcp(host, output);
        break;
    case RECSCOPE_OUTPUT_KIND_TCP_SEND:
        send_tcp(host, output->bytes, output->len);
        break;
    case RECSCOPE_OUTPUT_KIND_TCP_CLOSE:
    case RECSCOPE_OUTPUT_KIND_TCP_ABORT:
        close_tcp(host);
        break;
    case RECSCOPE_OUTPUT_KIND_FILE_CREATE:
        create_file(host, output);
        break;
    case RECSCOPE_OUTPUT_KIND_FILE_WRITE:
        write_file(host, output);
        break;
    case RECSCOPE_OUTPUT_KIND_FILE_CLOSE:
        close_file(host, output->file);
        break;
    case RECSCOPE_OUTPUT_KIND_FILE_OPEN:
        open_file(host, output);
        break;
    case RECSCOPE_OUTPUT_KIND_FILE_READ:
        read_file(host, output);
        break;
    case RECSCOPE_OUTPUT_KIND_AUDIO:
        hear(host, output);
        break;
    case RECSCOPE_OUTPUT_KIND_STATE_CHANGED:
        host->recorded = host->recorded || is(output->to, "recording");
        printf("%s: %.*s (%.*s)\n", host->name, (int)output->to.len, output->to.data,
               (int)output->cause.len, output->cause.data);
        break;
    case RECSCOPE_OUTPUT_KIND_PROMPT:
        host->prompted = true;
        printf("%s: \"%.*s\" (%.*s)\n", host->name, (int)output->text.len, output->text.data,
               (int)output->rule.len, output->rule.data);
        break;
    default: /* what was ignored, and remarks: for a log */
        break;
    }
}

/* Tells a machine what happened and does what it wants done, until it is at rest. */
static void tell(struct host *host, const RecscopeInput *input) {
    check(recscope_machine_handle_input(host->machine, now(), input), host->name);
    RecscopeOutput output;
    do {
        check(recscope_machine_poll_output(host->machine, &output), host->name);
        act(host, &output);
    } while (output.kind != RECSCOPE_OUTPUT_KIND_NONE);
    if (host->connection_failed) {
        host->connection_failed = false;
        close_tcp(host);
        tell(host, &(RecscopeInput){.kind = RECSCOPE_INPUT_KIND_TCP_FAILED,
                                    .connection = host->connection});
    }
    if (host->file_failed) {
        host->file_failed = false;
        close_file(host, host->failed_file);
        tell(host, &(RecscopeInput){.kind = RECSCOPE_INPUT_KIND_FILE_FAILED,
                                    .file = host->failed_file});
    }
    if (host->answered) {
        host->answered = false;
        RecscopeInput answer = host->answer;
        tell(host, &answer);
    }
}

static void order(struct host *host, RecscopeCommand command, const RecscopeCall *call) {
    if (host->machine != NULL) {
        tell(host, &(RecscopeInput){
                       .kind = RECSCOPE_INPUT_KIND_COMMAND, .command = command, .call = call});
    }
}

/* Something came on the machine's connection. */
static void receive(struct host *host) {
    RecscopeInput input = {.connection = host->connection};
    uint8_t bytes[2048];
    if (host->connecting) {
        int error = 0;
        socklen_t len = sizeof error;
        getsockopt(host->tcp, SOL_SOCKET, SO_ERROR, &error, &len);
        host->connecting = false;
        if (error == 0) {
            input.kind = RECSCOPE_INPUT_KIND_TCP_CONNECTED;
            input.local = local_address(host->tcp);
        } else {
            input.kind = RECSCOPE_INPUT_KIND_TCP_FAILED;
            close_tcp(host);
        }
        tell(host, &input);
        return;
    }
    ssize_t len = recv(host->tcp, bytes, sizeof bytes, 0);
    if (len < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    input.kind = len > 0    ? RECSCOPE_INPUT_KIND_TCP_DATA
                 : len == 0 ? RECSCOPE_INPUT_KIND_TCP_CLOSED
                            : RECSCOPE_INPUT_KIND_TCP_FAILED;
    input.bytes = bytes;
    input.len = len > 0 ? (size_t)len : 0;
    if (len <= 0) {
        close_tcp(host);
    }
    tell(host, &input);
}

static bool is_in_state(const struct host *host, const char *wanted) {
    RecscopeText state;
    check(recscope_machine_state(host->machine, 0, NULL, &state), host->name);
    return is(state, wanted);
}

/* The sound of a WAV file. */
struct sound {
    int16_t *samples;
    size_t count;
    uint32_t rate;
};

static uint32_t number(const uint8_t *at, int bytes) {
    uint32_t value = 0;
    for (int i = bytes - 1; i >= 0; i--) {
        value = value << 8 | at[i];
    }
    return value;
}

static struct sound read_wav(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fail(path, strerror(errno));
    }
    uint8_t head[12];
    if (fread(head, 1, sizeof head, file) != sizeof head || memcmp(head, "RIFF", 4) != 0 ||
        memcmp(head + 8, "WAVE", 4) != 0) {
        fail(path, "this is no WAV file");
    }
    struct sound sound = {0};
    uint8_t chunk[8];
    while (sound.samples == NULL && fread(chunk, 1, sizeof chunk, file) == sizeof chunk) {
        uint32_t len = number(chunk + 4, 4);
        uint8_t format[16];
        if (memcmp(chunk, "fmt ", 4) == 0 && len >= sizeof format) {
            if (fread(format, 1, sizeof format, file) != sizeof format) {
                break;
            }
            if (number(format, 2) != 1 || number(format + 2, 2) != 1 ||
                number(format + 14, 2) != 16) {
                fail(path, "only 16-bit PCM with one channel can be played");
            }
            sound.rate = number(format + 4, 4);
            len -= (uint32_t)sizeof format;
        } else if (memcmp(chunk, "data", 4) == 0 && len > 0 && len < UINT32_C(1) << 30) {
            sound.samples = malloc(len);
            if (sound.samples == NULL) {
                fail(path, "there is not enough memory");
            }
            sound.count = fread(sound.samples, 2, len / 2, file);
            for (size_t i = 0; i < sound.count; i++) {
                uint8_t *bytes = (uint8_t *)&sound.samples[i];
                sound.samples[i] = (int16_t)number(bytes, 2);
            }
            break;
        }
        if (fseek(file, (long)(len + len % 2), SEEK_CUR) != 0) {
            break;
        }
    }
    fclose(file);
    if (sound.samples == NULL || sound.rate == 0) {
        fail(path, "there is no sound in it");
    }
    return sound;
}

static void start_server(struct host *host, const char *address, const char *codec) {
    RecscopeServerConfig config = recscope_server_config();
    check(recscope_address_parse(address, &config.server), address);
    struct sockaddr_storage any;
    RecscopeAddress unbound = {.family = config.server.family};
    socklen_t len = to_sockaddr(&unbound, &any);
    host->udp = socket(any.ss_family, SOCK_DGRAM, 0);
    if (host->udp < 0 || bind(host->udp, (struct sockaddr *)&any, len) != 0) {
        fail("cannot open a socket for RTP", strerror(errno));
    }
    config.local_rtp = local_address(host->udp);
    config.codec = codec;
    config.seed = (uint64_t)time(NULL) ^ (uint64_t)getpid() << 32;
    memcpy(config.mac, (const uint8_t[]){0x02, 0x00, 0x00, 0x00, 0x10, 0x00}, 6);
    check(recscope_server_new(&config, &host->machine), host->name);
    RecscopeCall call = {.remote_number = "2001",
                         .remote_name = "Order desk",
                         .local_number = "1000",
                         .local_name = "phone.c",
                         .direction = RECSCOPE_DIRECTION_OUT};
    order(host, RECSCOPE_COMMAND_START, &call);
}

static void start_local(struct host *host, const char *folder, const char *codec) {
    RecscopeLocalConfig config = recscope_local_config();
    struct statvfs drive;
    host->folder = open(folder, O_RDONLY | O_DIRECTORY);
    if (host->folder < 0 || fstatvfs(host->folder, &drive) != 0) {
        fail(folder, strerror(errno));
    }
    config.codec = codec;
    config.seed = (uint64_t)time(NULL) ^ (uint64_t)getpid() << 32;
    config.epoch_seconds = (uint64_t)time(NULL);
    check(recscope_local_new(&config, &host->machine), host->name);
    tell(host, &(RecscopeInput){.kind = RECSCOPE_INPUT_KIND_DRIVE_INSERTED,
                                .size = (uint64_t)drive.f_bavail * drive.f_frsize});
    order(host, RECSCOPE_COMMAND_START, NULL);
}

/* Plays the recording of a host that recorded to a folder; whether all of it was heard. */
static bool play_back(const struct host *local, const char *path) {
    uint8_t head[44] = "RIFF....WAVEfmt ";
    struct host player = {.name = "playback", .folder = local->folder, .udp = -1, .tcp = -1};
    RecscopePlaybackConfig config = recscope_playback_config();
    config.read_len = sizeof player.read;
    for (int file = 0; file < FILES; file++) {
        player.files[file] = NO_FILE;
    }
    player.loudspeaker = fopen(path, "wb");
    if (player.loudspeaker == NULL || fwrite(head, sizeof head, 1, player.loudspeaker) != 1) {
        fail(path, strerror(errno));
    }
    check(recscope_playback_new(&config, &player.machine), player.name);
    tell(&player, &(RecscopeInput){.kind = RECSCOPE_INPUT_KIND_COMMAND,
                                   .command = RECSCOPE_COMMAND_PLAY,
                                   .text = local->name_of_file});
    while (!is_in_state(&player, "idle")) {
        /* Nothing else happens than that the next block is due. */
        uint64_t due = recscope_machine_poll_timeout(player.machine, NULL), time = now();
        poll(NULL, 0, due > time ? (int)((due - time + 999) / 1000) : 0);
        tell(&player, &(RecscopeInput){.kind = RECSCOPE_INPUT_KIND_TIMEOUT});
    }
    recscope_machine_free(player.machine);

    put(head + 4, 36 + 2 * player.heard, 4);
    put(head + 16, 16, 4);
    put(head + 20, 1, 2);
    put(head + 22, 1, 2);
    put(head + 24, player.rate, 4);
    put(head + 28, 2 * player.rate, 4);
    put(head + 32, 2, 2);
    put(head + 34, 16, 2);
    memcpy(head + 36, "data", 4);
    put(head + 40, 2 * player.heard, 4);
    rewind(player.loudspeaker);
    bool is_written = fwrite(head, sizeof head, 1, player.loudspeaker) == 1;
    return fclose(player.loudspeaker) == 0 && is_written && player.heard > 0;
}

int main(int argc, char **argv) {
    const char *play = NULL, *server_address = NULL, *folder = NULL, *codec = "PCMA";
    const char *loudspeaker = NULL;
    for (int i = 1; i + 1 < argc; i += 2) {
        const char **option = strcmp(argv[i], "--play") == 0     ? &play
                              : strcmp(argv[i], "--server") == 0 ? &server_address
                              : strcmp(argv[i], "--files") == 0  ? &folder
                              : strcmp(argv[i], "--codec") == 0  ? &codec
                              : strcmp(argv[i], "--hear") == 0   ? &loudspeaker
                                                                 : NULL;
        if (option == NULL) {
            fail(argv[i], "there is no such option");
        }
        *option = argv[i + 1];
    }
    if (play == NULL || argc % 2 == 0 || (loudspeaker != NULL && folder == NULL)) {
        fail("usage", "phone --play FILE.wav [--codec CODEC] [--server IP:PORT] "
                      "[--files DIR [--hear FILE.wav]]");
    }
    struct sound sound = read_wav(play);
    uint32_t rate = strcasecmp(codec, "G722") == 0 ? 16000 : 8000;
    if (sound.rate != rate) {
        fail(play, rate == 8000 ? "this codec takes 8000 samples per second"
                                : "this codec takes 16000 samples per second");
    }
    setvbuf(stdout, NULL, _IOLBF, 0);

    struct host hosts[2] = {{.name = "server"}, {.name = "file"}};
    struct host *server = &hosts[0], *local = &hosts[1];
    for (int i = 0; i < 2; i++) {
        hosts[i].udp = hosts[i].tcp = hosts[i].folder = -1;
        for (int file = 0; file < FILES; file++) {
            hosts[i].files[file] = NO_FILE;
        }
    }
    if (server_address != NULL) {
        start_server(server, server_address, codec);
    }

    bool playing = false, over = false;
    size_t played = 0;
    uint64_t next_frame = 0;
    for (;;) {
        /* The call begins once it is clear whether the server records it. */
        bool is_decided = server->machine == NULL || server->recorded || server->prompted;
        if (!playing && is_decided) {
            playing = true;
            next_frame = now();
            if (folder != NULL) {
                start_local(local, folder, codec);
            }
        }
        if (over && (server->machine == NULL || (is_in_state(server, "idle") && server->tcp < 0))) {
            break;
        }

        /* Sleep until the next frame, the next deadline, or bytes. */
        uint64_t due = playing && !over ? next_frame : RECSCOPE_NEVER;
        for (int i = 0; i < 2; i++) {
            uint64_t deadline = recscope_machine_poll_timeout(hosts[i].machine, NULL);
            due = deadline < due ? deadline : due;
        }
        uint64_t time = now();
        int wait = due == RECSCOPE_NEVER ? -1 : due <= time ? 0 : (int)((due - time + 999) / 1000);
        short wanted = server->connecting ? POLLOUT : POLLIN;
        struct pollfd socket = {.fd = server->tcp, .events = wanted};
        if (poll(&socket, 1, wait) > 0 && server->tcp >= 0) {
            receive(server);
        }

        if (playing && !over && now() >= next_frame) {
            size_t left = sound.count - played, frame = rate * FRAME_MS / 1000;
            RecscopeInput audio = {.kind = RECSCOPE_INPUT_KIND_AUDIO,
                                   .side = RECSCOPE_SIDE_MIXED,
                                   .samples = sound.samples + played,
                                   .count = left < frame ? left : frame};
            for (int i = 0; i < 2; i++) {
                if (hosts[i].machine != NULL) {
                    tell(&hosts[i], &audio);
                }
            }
            played += audio.count;
            next_frame += FRAME_MS * 1000;
            if (played == sound.count) {
                over = true;
                order(server, RECSCOPE_COMMAND_CALL_ENDED, NULL);
                order(local, RECSCOPE_COMMAND_CALL_ENDED, NULL);
            }
        }
        for (int i = 0; i < 2; i++) {
            if (recscope_machine_poll_timeout(hosts[i].machine, NULL) <= now()) {
                tell(&hosts[i], &(RecscopeInput){.kind = RECSCOPE_INPUT_KIND_TIMEOUT});
            }
        }
    }

    bool is_well = loudspeaker == NULL || play_back(local, loudspeaker);
    for (int i = 0; i < 2; i++) {
        is_well = is_well && (hosts[i].machine == NULL || hosts[i].recorded) && !hosts[i].prompted;
        recscope_machine_free(hosts[i].machine);
        close_tcp(&hosts[i]);
        if (hosts[i].udp >= 0) {
            close(hosts[i].udp);
        }
        if (hosts[i].folder >= 0) {
            close(hosts[i].folder);
        }
    }
    free(sound.samples);
    return is_well ? 0 : 1;
}
