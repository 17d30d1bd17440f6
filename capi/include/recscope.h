/* Recscope: how phones record calls, in C. Generated from recscope-capi; do not edit.
 *
 * A machine opens no socket and no file, starts no thread and reads no clock. Tell it what happened
 * (recscope_machine_handle_input), do what it wants done (recscope_machine_poll_output until
 * RECSCOPE_OUTPUT_KIND_NONE), and call it again at the latest when recscope_machine_poll_timeout
 * says. Times are microseconds since a beginning of your choice and never go back.
 *
 * Every pointer that goes in has to be valid for the call and is not kept. What comes out is lent:
 * it is valid until the next call with the same handle. Handles are not shared between threads
 * without a lock. Functions that take a handle to free take NULL too. */


#ifndef RECSCOPE_H
#define RECSCOPE_H

#include <stddef.h>
#include <stdint.h>

/** The deadline of a machine that waits for nothing. */
#define RECSCOPE_NEVER UINT64_MAX

/** Bytes of a recording's header. */
#define RECSCOPE_HEADER_BYTES 76

/**
 * What a call came to.
 */
enum RecscopeStatus
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * All is well.
   */
  RECSCOPE_STATUS_OK = 0,
  /**
   * A pointer is NULL that must not be.
   */
  RECSCOPE_STATUS_NULL_POINTER = 1,
  /**
   * A text is not UTF-8.
   */
  RECSCOPE_STATUS_NOT_UTF8 = 2,
  /**
   * An address is none, or of an unknown family.
   */
  RECSCOPE_STATUS_BAD_ADDRESS = 3,
  /**
   * The phone model is not known.
   */
  RECSCOPE_STATUS_UNKNOWN_MODEL = 4,
  /**
   * The codec is none of PCMU, PCMA and G722.
   */
  RECSCOPE_STATUS_UNKNOWN_CODEC = 5,
  /**
   * A number is outside what it can be.
   */
  RECSCOPE_STATUS_BAD_VALUE = 6,
  /**
   * This machine knows no such command.
   */
  RECSCOPE_STATUS_WRONG_MACHINE = 7,
  /**
   * The buffer is too small; the length that is needed was told where there is a place for it.
   */
  RECSCOPE_STATUS_BUFFER_TOO_SMALL = 8,
  /**
   * The bytes are not what they should be.
   */
  RECSCOPE_STATUS_MALFORMED = 9,
  /**
   * The file can take no more; go on in a new one.
   */
  RECSCOPE_STATUS_FULL = 10,
  /**
   * The library failed within. The handle can only be freed.
   */
  RECSCOPE_STATUS_BROKEN = 11,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum RecscopeStatus RecscopeStatus;
#else
typedef int32_t RecscopeStatus;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What to do. The fields that count are named; the others are zero.
 */
enum RecscopeOutputKind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * Nothing more: wait for the next input or deadline.
   */
  RECSCOPE_OUTPUT_KIND_NONE = 0,
  /**
   * Send a UDP datagram: local, remote, bytes, len.
   */
  RECSCOPE_OUTPUT_KIND_DATAGRAM = 1,
  /**
   * Open a TCP connection: connection, remote.
   */
  RECSCOPE_OUTPUT_KIND_TCP_CONNECT = 2,
  /**
   * Send bytes: connection, bytes, len.
   */
  RECSCOPE_OUTPUT_KIND_TCP_SEND = 3,
  /**
   * Close in order, after what was sent: connection.
   */
  RECSCOPE_OUTPUT_KIND_TCP_CLOSE = 4,
  /**
   * Drop at once: connection.
   */
  RECSCOPE_OUTPUT_KIND_TCP_ABORT = 5,
  /**
   * Make a file: file, text (its name, without folders).
   */
  RECSCOPE_OUTPUT_KIND_FILE_CREATE = 6,
  /**
   * Write to it, extending it where needed: file, offset, bytes, len.
   */
  RECSCOPE_OUTPUT_KIND_FILE_WRITE = 7,
  /**
   * No more writes to it: file.
   */
  RECSCOPE_OUTPUT_KIND_FILE_CLOSE = 8,
  /**
   * A part went from one state to another: part, from, to, cause.
   */
  RECSCOPE_OUTPUT_KIND_STATE_CHANGED = 9,
  /**
   * Show this to the user: text.
   */
  RECSCOPE_OUTPUT_KIND_PROMPT = 10,
  /**
   * An input was dropped on purpose: text, the reason.
   */
  RECSCOPE_OUTPUT_KIND_IGNORED = 11,
  /**
   * A remark, for logs: text.
   */
  RECSCOPE_OUTPUT_KIND_NOTE = 12,
  /**
   * Open a file to read it: file, text (its name, without folders). Answer with FILE_OPENED.
   */
  RECSCOPE_OUTPUT_KIND_FILE_OPEN = 13,
  /**
   * Read of it, or as much as is there: file, offset, len. Answer with FILE_DATA.
   */
  RECSCOPE_OUTPUT_KIND_FILE_READ = 14,
  /**
   * Let this be heard: samples, count, sample_rate.
   */
  RECSCOPE_OUTPUT_KIND_AUDIO = 15,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum RecscopeOutputKind RecscopeOutputKind;
#else
typedef uint32_t RecscopeOutputKind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What a reader found.
 */
enum RecscopeStepKind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * Nothing yet: go on with the next piece.
   */
  RECSCOPE_STEP_KIND_NEED_MORE = 0,
  /**
   * The header: codec, rtp_len, increment, data_size.
   */
  RECSCOPE_STEP_KIND_HEADER = 1,
  /**
   * A whole block: index, offset, position, bytes, payload.
   */
  RECSCOPE_STEP_KIND_BLOCK = 2,
  /**
   * There is nothing more in the file.
   */
  RECSCOPE_STEP_KIND_END = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum RecscopeStepKind RecscopeStepKind;
#else
typedef uint32_t RecscopeStepKind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * An order to a machine. Which ones a machine knows stands with the function that makes it.
 */
enum RecscopeCommand
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * Record the call.
   */
  RECSCOPE_COMMAND_START = 0,
  /**
   * End the recording.
   */
  RECSCOPE_COMMAND_STOP = 1,
  /**
   * Pause it.
   */
  RECSCOPE_COMMAND_PAUSE = 2,
  /**
   * Go on with it.
   */
  RECSCOPE_COMMAND_RESUME = 3,
  /**
   * A call stands: sound belongs to it from now on.
   */
  RECSCOPE_COMMAND_CALL_STARTED = 4,
  /**
   * The call is over.
   */
  RECSCOPE_COMMAND_CALL_ENDED = 5,
  /**
   * Register at the PBX, or: the phone is registered.
   */
  RECSCOPE_COMMAND_LOG_ON = 6,
  /**
   * Unregister.
   */
  RECSCOPE_COMMAND_LOG_OFF = 7,
  /**
   * The power is gone: forget everything, without a word.
   */
  RECSCOPE_COMMAND_POWER_OFF = 8,
  /**
   * Call the remote number.
   */
  RECSCOPE_COMMAND_DIAL = 9,
  /**
   * Answer the call that rings.
   */
  RECSCOPE_COMMAND_ANSWER = 10,
  /**
   * End the call.
   */
  RECSCOPE_COMMAND_HANG_UP = 11,
  /**
   * Ask the PBX to record the call or, where it does, to stop.
   */
  RECSCOPE_COMMAND_RECORD_KEY = 12,
  /**
   * Play the recording whose file is called text.
   */
  RECSCOPE_COMMAND_PLAY = 13,
  /**
   * Go on from the second that position says.
   */
  RECSCOPE_COMMAND_SEEK = 14,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum RecscopeCommand RecscopeCommand;
#else
typedef uint32_t RecscopeCommand;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Who called whom, seen from the phone that records.
 */
enum RecscopeDirection
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * The phone was called.
   */
  RECSCOPE_DIRECTION_IN = 0,
  /**
   * The phone called.
   */
  RECSCOPE_DIRECTION_OUT = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum RecscopeDirection RecscopeDirection;
#else
typedef uint32_t RecscopeDirection;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * What happened. The fields that count are named; the others may be zero.
 */
enum RecscopeInputKind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * The deadline of recscope_machine_poll_timeout has come.
   */
  RECSCOPE_INPUT_KIND_TIMEOUT = 0,
  /**
   * An order: command, and call, text or position where the command needs one.
   */
  RECSCOPE_INPUT_KIND_COMMAND = 1,
  /**
   * Sound, 20 ms of it or another frame: side, samples, count.
   */
  RECSCOPE_INPUT_KIND_AUDIO = 2,
  /**
   * A UDP datagram came: local, remote, bytes, len.
   */
  RECSCOPE_INPUT_KIND_DATAGRAM = 3,
  /**
   * The TCP connection that the machine opened stands: connection, local.
   */
  RECSCOPE_INPUT_KIND_TCP_CONNECTED = 4,
  /**
   * Bytes came: connection, bytes, len.
   */
  RECSCOPE_INPUT_KIND_TCP_DATA = 5,
  /**
   * The other end closed in order: connection.
   */
  RECSCOPE_INPUT_KIND_TCP_CLOSED = 6,
  /**
   * Refused, reset, timed out: connection.
   */
  RECSCOPE_INPUT_KIND_TCP_FAILED = 7,
  /**
   * A drive was mounted: size, the bytes free on it.
   */
  RECSCOPE_INPUT_KIND_DRIVE_INSERTED = 8,
  /**
   * The drive is gone.
   */
  RECSCOPE_INPUT_KIND_DRIVE_REMOVED = 9,
  /**
   * Free space changed by other doing than the machine's: size, the bytes free now.
   */
  RECSCOPE_INPUT_KIND_DRIVE_FREE = 10,
  /**
   * A file could not be made, opened, read or written: file.
   */
  RECSCOPE_INPUT_KIND_FILE_FAILED = 11,
  /**
   * A file is open to be read: file, size, its bytes.
   */
  RECSCOPE_INPUT_KIND_FILE_OPENED = 12,
  /**
   * Bytes of a file came: file, position, bytes, len. Fewer than were asked for at its end.
   */
  RECSCOPE_INPUT_KIND_FILE_DATA = 13,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum RecscopeInputKind RecscopeInputKind;
#else
typedef uint32_t RecscopeInputKind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Which message it is.
 */
enum RecscopeMessageKind
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * None: more bytes are needed.
   */
  RECSCOPE_MESSAGE_KIND_NONE = 0,
  /**
   * RecordStartRequest: id, device, the parties, direction, codec.
   */
  RECSCOPE_MESSAGE_KIND_START_REQUEST = 1,
  /**
   * RecordStartResponse: id, granted, reason, server, port.
   */
  RECSCOPE_MESSAGE_KIND_START_RESPONSE = 2,
  /**
   * RecordStopRequest: id, the parties, reason.
   */
  RECSCOPE_MESSAGE_KIND_STOP_REQUEST = 3,
  /**
   * RecordStopResponse: id, granted.
   */
  RECSCOPE_MESSAGE_KIND_STOP_RESPONSE = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum RecscopeMessageKind RecscopeMessageKind;
#else
typedef uint32_t RecscopeMessageKind;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Whose sound a frame holds.
 */
enum RecscopeSide
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
  /**
   * What the phone sends: its own user.
   */
  RECSCOPE_SIDE_SENT = 0,
  /**
   * What the phone receives: the other party.
   */
  RECSCOPE_SIDE_RECEIVED = 1,
  /**
   * Both, mixed.
   */
  RECSCOPE_SIDE_MIXED = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum RecscopeSide RecscopeSide;
#else
typedef uint32_t RecscopeSide;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/**
 * Turns payload bytes into samples.
 */
typedef struct RecscopeDecoder RecscopeDecoder;

/**
 * Turns samples into payload bytes.
 */
typedef struct RecscopeEncoder RecscopeEncoder;

/**
 * A machine. Made by a function such as recscope_server_new.
 */
typedef struct RecscopeMachine RecscopeMachine;

/**
 * Cuts one direction of a connection into messages, and reads them.
 */
typedef struct RecscopeMessageReader RecscopeMessageReader;

/**
 * Reads a recording from pieces of any size, damaged or not.
 */
typedef struct RecscopeRecordingReader RecscopeRecordingReader;

/**
 * Keeps the header of a recording that grows.
 */
typedef struct RecscopeRecordingWriter RecscopeRecordingWriter;

/**
 * An IP address and a port.
 */
typedef struct {
  /**
   * 4 or 6; 0 where there is none.
   */
  uint8_t family;
  /**
   * The IP address in the order of the network: its first 4 bytes, or all 16.
   */
  uint8_t ip[16];
  /**
   * The port, as a number of this processor.
   */
  uint16_t port;
} RecscopeAddress;

/**
 * Settings of active recording. Begin with recscope_active_config().
 */
typedef struct {
  /**
   * Where tags, branches and SSRCs start from; any number that differs from phone to phone and
   * from start to start.
   */
  uint64_t seed;
  /**
   * The phone's address, with the port where it listens for the recorder.
   */
  RecscopeAddress sip;
  /**
   * Where copies of what the phone sends come from; what it receives comes from two above.
   */
  uint16_t rtp_port;
  /**
   * The extension.
   */
  const char *extension;
  /**
   * Addresses of recorders that may ask; their ports do not matter.
   */
  const RecscopeAddress *allowed;
  /**
   * How many they are.
   */
  size_t allowed_count;
  /**
   * What others get: "drop", "403" or "603".
   */
  const char *policy;
  /**
   * Where the session id stands: "call-id", "sdp-origin" or "session-id".
   */
  const char *naming;
  /**
   * What to make of an offer of one medium: "two-media", "two-ssrcs" or "mixed".
   */
  const char *layout;
  /**
   * "PCMU", "PCMA" or "G722".
   */
  const char *codec;
  /**
   * Sound in one packet, in milliseconds: 5 to 60.
   */
  uint32_t packet_ms;
} RecscopeActiveConfig;

/**
 * Text in UTF-8 that does not end with NUL. To print it: `printf("%.*s", (int)t.len, t.data)`.
 */
typedef struct {
  /**
   * Its bytes; NULL where there are none.
   */
  const char *data;
  /**
   * How many they are.
   */
  size_t len;
} RecscopeText;

/**
 * A message between a phone and a record server. Texts are not encoded.
 */
typedef struct {
  /**
   * One of RecscopeMessageKind, which tells the fields that count.
   */
  uint32_t kind;
  /**
   * Names the recording until it ends.
   */
  RecscopeText id;
  /**
   * The phone's MAC address, twelve hex digits.
   */
  RecscopeText device;
  /**
   * The other party's number.
   */
  RecscopeText remote_number;
  /**
   * The other party's name.
   */
  RecscopeText remote_name;
  /**
   * The phone's own number.
   */
  RecscopeText local_number;
  /**
   * The phone's own name.
   */
  RecscopeText local_name;
  /**
   * One of RecscopeDirection; 2 where the message does not say.
   */
  uint32_t direction;
  /**
   * The codec's name.
   */
  RecscopeText codec;
  /**
   * Whether the server does as it was asked: 0 or 1.
   */
  uint32_t granted;
  /**
   * Why not, or why the recording ends.
   */
  RecscopeText reason;
  /**
   * Where to send RTP: a host.
   */
  RecscopeText server;
  /**
   * Where to send RTP: a port; 0 where there is none.
   */
  uint16_t port;
} RecscopeMessage;

/**
 * What is wrong with bytes, and where.
 */
typedef struct {
  /**
   * Where, in bytes from the beginning of the file, the stream or the message.
   */
  uint64_t offset;
  /**
   * What, ending with NUL; cut where it is longer.
   */
  char message[160];
} RecscopeProblem;

/**
 * Settings of a line. Begin with recscope_info_config().
 */
typedef struct {
  /**
   * Where tags, branches and Call-IDs start from; any number that differs from phone to phone
   * and from start to start.
   */
  uint64_t seed;
  /**
   * The phone's SIP socket.
   */
  RecscopeAddress sip;
  /**
   * The PBX's SIP socket.
   */
  RecscopeAddress pbx;
  /**
   * The extension.
   */
  const char *extension;
  /**
   * Its user's name.
   */
  const char *display_name;
  /**
   * What it can speak, preferred first: "PCMA,PCMU,G722".
   */
  const char *codecs;
  /**
   * The port for the sound of its calls.
   */
  uint16_t rtp_port;
  /**
   * How long a registration is asked for, in seconds.
   */
  uint32_t expires_seconds;
  /**
   * How often it is renewed, in seconds.
   */
  uint32_t keep_alive_seconds;
  /**
   * The header line that asks the PBX to record.
   */
  const char *record_on;
  /**
   * The header line that asks it to stop.
   */
  const char *record_off;
} RecscopeInfoConfig;

/**
 * Settings of local recording. Begin with recscope_local_config().
 */
typedef struct {
  /**
   * Where the stream's numbers start from; any number that differs from phone to phone and from
   * start to start.
   */
  uint64_t seed;
  /**
   * The phone's clock at time 0, in seconds since 1970, for the names of files.
   */
  uint64_t epoch_seconds;
  /**
   * Bytes of a file at which a new one is begun; 0: no limit.
   */
  uint64_t size_limit;
  /**
   * Bytes that must be free to begin at all.
   */
  uint64_t minimum_free;
  /**
   * The phone's model, such as "BX5S".
   */
  const char *model;
  /**
   * "PCMU", "PCMA" or "G722".
   */
  const char *codec;
  /**
   * Sound in one block, in milliseconds: 5 to 60.
   */
  uint32_t packet_ms;
  /**
   * Whether blocks begin with their RTP headers: 0 or 1.
   */
  uint8_t rtp_headers;
} RecscopeLocalConfig;

/**
 * Who talks to whom. Texts end with NUL; NULL is an empty one.
 */
typedef struct {
  /**
   * The other party's number.
   */
  const char *remote_number;
  /**
   * The other party's name.
   */
  const char *remote_name;
  /**
   * The phone's own number.
   */
  const char *local_number;
  /**
   * The phone's own name.
   */
  const char *local_name;
  /**
   * One of RecscopeDirection.
   */
  uint32_t direction;
} RecscopeCall;

/**
 * Something that happened to a machine.
 */
typedef struct {
  /**
   * One of RecscopeInputKind, which tells the fields that count.
   */
  uint32_t kind;
  /**
   * One of RecscopeCommand.
   */
  uint32_t command;
  /**
   * Who talks to whom; NULL where the command does not need it.
   */
  const RecscopeCall *call;
  /**
   * One of RecscopeSide.
   */
  uint32_t side;
  /**
   * Samples at the codec's rate: 16000 per second for G722, else 8000.
   */
  const int16_t *samples;
  /**
   * How many samples.
   */
  size_t count;
  /**
   * This end.
   */
  RecscopeAddress local;
  /**
   * The other end.
   */
  RecscopeAddress remote;
  /**
   * The bytes that came.
   */
  const uint8_t *bytes;
  /**
   * How many bytes.
   */
  size_t len;
  /**
   * The connection's number, as the machine gave it.
   */
  uint32_t connection;
  /**
   * The file's number, as the machine gave it.
   */
  uint32_t file;
  /**
   * Bytes: free on a drive, or of a file.
   */
  uint64_t size;
  /**
   * Where the bytes stand in their file, or to which second of it to go.
   */
  uint64_t position;
  /**
   * The name of a file, without folders; it ends with NUL.
   */
  const char *text;
} RecscopeInput;

/**
 * Something that a machine wants done, or tells. All pointers are lent until the next call with
 * the machine.
 */
typedef struct {
  /**
   * What to do, which tells the fields that count.
   */
  RecscopeOutputKind kind;
  /**
   * The connection's number.
   */
  uint32_t connection;
  /**
   * The file's number.
   */
  uint32_t file;
  /**
   * Where to write in the file, or to read.
   */
  uint64_t offset;
  /**
   * What to send or to write.
   */
  const uint8_t *bytes;
  /**
   * How many bytes.
   */
  size_t len;
  /**
   * What is to be heard.
   */
  const int16_t *samples;
  /**
   * How many samples.
   */
  size_t count;
  /**
   * Samples per second.
   */
  uint32_t sample_rate;
  /**
   * The socket to send from.
   */
  RecscopeAddress local;
  /**
   * Where to send or to connect to.
   */
  RecscopeAddress remote;
  /**
   * A name, a prompt, a reason or a remark.
   */
  RecscopeText text;
  /**
   * The part that changed.
   */
  RecscopeText part;
  /**
   * The state it left.
   */
  RecscopeText from;
  /**
   * The state it entered.
   */
  RecscopeText to;
  /**
   * Why it did.
   */
  RecscopeText cause;
  /**
   * The id of the rule that asks for this, such as BX-S2.
   */
  RecscopeText rule;
} RecscopeOutput;

/**
 * Settings of playback. Begin with recscope_playback_config().
 */
typedef struct {
  /**
   * The number of the first file that it opens; the next ones follow. Where one host serves a
   * machine that records as well, this keeps their files apart.
   */
  uint32_t first_file;
  /**
   * Bytes that are read at once: what the machine keeps of a file is at most twice as much, or
   * 18 blocks of it.
   */
  uint32_t read_len;
} RecscopePlaybackConfig;

/**
 * Bytes of a recording's header to be overwritten.
 */
typedef struct {
  /**
   * Whether there is anything to overwrite: 0 or 1.
   */
  uint32_t due;
  /**
   * Where in the file.
   */
  uint32_t offset;
  /**
   * With what.
   */
  uint8_t bytes[4];
} RecscopePatch;

/**
 * A step through a recording. The codec and the bytes are lent until the next call.
 */
typedef struct {
  /**
   * What was found, which tells the fields that count.
   */
  RecscopeStepKind kind;
  /**
   * The codec's name.
   */
  RecscopeText codec;
  /**
   * Bytes of each block.
   */
  uint32_t rtp_len;
  /**
   * Units of the RTP clock from one block to the next.
   */
  int32_t increment;
  /**
   * Bytes of all blocks together, as the header has it.
   */
  uint32_t data_size;
  /**
   * The block's number, from 0.
   */
  uint64_t index;
  /**
   * Where it lies in the file.
   */
  uint64_t offset;
  /**
   * Units of the RTP clock since the first block, gaps included.
   */
  uint64_t position;
  /**
   * The whole block.
   */
  const uint8_t *bytes;
  /**
   * Its length.
   */
  size_t len;
  /**
   * What is to be decoded.
   */
  const uint8_t *payload;
  /**
   * How many bytes that is.
   */
  size_t payload_len;
} RecscopeRecordingStep;

/**
 * What a recording turned out to hold.
 */
typedef struct {
  /**
   * Whole blocks.
   */
  uint64_t blocks;
  /**
   * Their bytes: what the header's data_size should be.
   */
  uint64_t data_bytes;
  /**
   * Their playing time, in microseconds.
   */
  uint64_t duration;
  /**
   * The time from the first block's beginning to the last one's end, in microseconds.
   */
  uint64_t span;
  /**
   * Blocks missing by sequence number.
   */
  uint64_t lost;
  /**
   * Blocks that are there twice.
   */
  uint64_t duplicates;
  /**
   * Blocks that came out of order.
   */
  uint64_t late;
  /**
   * What had to be mended to read the file; 0 for a file that was closed in order.
   */
  uint64_t repairs;
  /**
   * Bytes of the cut last block; 0 where it is whole.
   */
  uint64_t partial_last;
  /**
   * Whether blocks begin with RTP headers: 0 or 1.
   */
  uint32_t rtp_headers;
} RecscopeRecordingSummary;

/**
 * Settings of recording by a server. Begin with recscope_server_config().
 */
typedef struct {
  /**
   * Where ids and the stream's numbers start from; any number that differs from phone to phone
   * and from start to start.
   */
  uint64_t seed;
  /**
   * The server's address for commands; family 0 where none is set.
   */
  RecscopeAddress server;
  /**
   * Where the phone sends its RTP from.
   */
  RecscopeAddress local_rtp;
  /**
   * The phone's MAC address, by which the server knows it.
   */
  uint8_t mac[6];
  /**
   * The codec's name, which is sent as it stands; servers take "PCMU", "PCMA" and "G722".
   */
  const char *codec;
  /**
   * Sound in one packet, in milliseconds: 5 to 60.
   */
  uint32_t packet_ms;
  /**
   * Time to connect, in milliseconds.
   */
  uint32_t connect_ms;
  /**
   * Time to answer a start request, in milliseconds.
   */
  uint32_t start_ms;
  /**
   * Time to answer a stop request, and after that to close, in milliseconds.
   */
  uint32_t stop_ms;
  /**
   * Silence after which an answer counts as whole, in milliseconds.
   */
  uint32_t settle_ms;
} RecscopeServerConfig;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The usual settings: A-law, and no address and no recorder yet.
 */
RecscopeActiveConfig recscope_active_config(void);

/**
 * Makes the machine that copies calls for a recording system.
 *
 * Commands: LOG_ON, LOG_OFF, CALL_STARTED, CALL_ENDED, POWER_OFF. Inputs besides: AUDIO of both
 * sides during the call, DATAGRAM, TIMEOUT.
 *
 * # Safety
 * The texts end with NUL, the addresses are as many as is said, and there is room for a handle.
 * Each pointer may be NULL.
 */
RecscopeStatus recscope_active_new(const RecscopeActiveConfig *config, RecscopeMachine **machine);

/**
 * Reads an address such as `192.0.2.1:5060` or `[2001:db8::1]:5060`.
 *
 * # Safety
 * `text` ends with NUL; `address` has room for one. Either may be NULL.
 */
RecscopeStatus recscope_address_parse(const char *text, RecscopeAddress *address);

/**
 * Makes an encoder of "PCMU", "PCMA" or "G722".
 *
 * # Safety
 * The codec ends with NUL, and there is room for a handle. Either may be NULL.
 */
RecscopeStatus recscope_encoder_new(const char *codec, RecscopeEncoder **encoder);

/**
 * Encodes samples: 8000 per second, 16000 for G722. Of two calls the second goes on where the
 * first stopped. One byte for each sample is room enough, for G722 one for each two, rounded up.
 *
 * # Safety
 * The handle is live, samples are count, and bytes have room for capacity. Each may be NULL.
 */
RecscopeStatus recscope_encoder_encode(RecscopeEncoder *encoder,
                                       const int16_t *samples,
                                       size_t count,
                                       uint8_t *bytes,
                                       size_t capacity,
                                       size_t *len);

/**
 * Ends an encoder.
 *
 * # Safety
 * The handle is live or NULL, and is not used after this.
 */
void recscope_encoder_free(RecscopeEncoder *encoder);

/**
 * Makes a decoder of "PCMU", "PCMA" or "G722".
 *
 * # Safety
 * The codec ends with NUL, and there is room for a handle. Either may be NULL.
 */
RecscopeStatus recscope_decoder_new(const char *codec, RecscopeDecoder **decoder);

/**
 * Decodes a payload: one sample for each byte, for G722 two, which come 16000 per second.
 *
 * # Safety
 * The handle is live, bytes are len, and samples have room for capacity. Each may be NULL.
 */
RecscopeStatus recscope_decoder_decode(RecscopeDecoder *decoder,
                                       const uint8_t *bytes,
                                       size_t len,
                                       int16_t *samples,
                                       size_t capacity,
                                       size_t *count);

/**
 * Ends a decoder.
 *
 * # Safety
 * The handle is live or NULL, and is not used after this.
 */
void recscope_decoder_free(RecscopeDecoder *decoder);

/**
 * Makes a reader for one direction of a connection. NULL where there is no place for its handle.
 *
 * # Safety
 * There is room for a handle, or it is NULL.
 */
RecscopeStatus recscope_message_reader_new(RecscopeMessageReader **reader);

/**
 * Takes some of the bytes and gives the next message. Call it again with the rest, also an empty
 * one, until the message is none. Bytes that are no message are passed over: MALFORMED tells of
 * them once, and reading goes on with the next call.
 *
 * # Safety
 * The handle is live, bytes are len, the others have room for one. Each may be NULL, and the
 * problem need not be told.
 */
RecscopeStatus recscope_message_reader_push(RecscopeMessageReader *reader,
                                            const uint8_t *bytes,
                                            size_t len,
                                            size_t *consumed,
                                            RecscopeMessage *message,
                                            RecscopeProblem *problem);

/**
 * The message that is held back because more might come: to be called when the other side has
 * fallen silent or closed, as nothing on the wire marks the end of a message.
 *
 * # Safety
 * The handle is live, the others have room for one. Each may be NULL, and the problem need not be
 * told.
 */
RecscopeStatus recscope_message_reader_flush(RecscopeMessageReader *reader,
                                             RecscopeMessage *message,
                                             RecscopeProblem *problem);

/**
 * Ends a reader.
 *
 * # Safety
 * The handle is live or NULL, and is not used after this.
 */
void recscope_message_reader_free(RecscopeMessageReader *reader);

/**
 * Writes a message as it goes over the wire, without a NUL. Where there is no room, len is the
 * room that it needs.
 *
 * # Safety
 * The message's texts are as long as they say, bytes have room for capacity. Each may be NULL.
 */
RecscopeStatus recscope_message_write(const RecscopeMessage *message,
                                      uint8_t *bytes,
                                      size_t capacity,
                                      size_t *len);

extern void *recscope_alloc(size_t size, size_t align);

extern void *recscope_realloc(void *old, size_t old_size, size_t align, size_t new_size);

extern void recscope_dealloc(void *memory, size_t size, size_t align);

extern void recscope_panic(const char *file, size_t file_len, uint32_t line);

/**
 * The usual settings, without addresses.
 */
RecscopeInfoConfig recscope_info_config(void);

/**
 * Makes the machine of a line: its registration, its one call, and recording by SIP INFO.
 *
 * Commands: LOG_ON, LOG_OFF, DIAL (the call's remote number), ANSWER, HANG_UP, RECORD_KEY,
 * POWER_OFF. Inputs besides: DATAGRAM, TIMEOUT.
 *
 * # Safety
 * The texts end with NUL, and there is room for a handle. Each pointer may be NULL.
 */
RecscopeStatus recscope_info_new(const RecscopeInfoConfig *config, RecscopeMachine **machine);

/**
 * The usual settings: a BX5S that records A-law.
 */
RecscopeLocalConfig recscope_local_config(void);

/**
 * Makes the machine that records calls to a USB drive.
 *
 * Commands: START, PAUSE, RESUME, STOP, CALL_ENDED. Inputs besides: AUDIO of both sides during the
 * call, DRIVE_INSERTED and the like, FILE_FAILED. It never sets a deadline.
 *
 * # Safety
 * The texts end with NUL, and there is room for a handle. Each may be NULL.
 */
RecscopeStatus recscope_local_new(const RecscopeLocalConfig *config, RecscopeMachine **machine);

/**
 * Tells a machine what happened. Drain recscope_machine_poll_output afterwards.
 *
 * Bad bytes from the network are no error here: they are answered or ignored as the protocol says.
 *
 * # Safety
 * The handle is live, and the input's pointers are as described there. Either may be NULL.
 */
RecscopeStatus recscope_machine_handle_input(RecscopeMachine *machine,
                                             uint64_t now,
                                             const RecscopeInput *input);

/**
 * The next thing that a machine wants done, or RECSCOPE_OUTPUT_KIND_NONE. What the output points
 * to is lent until the next call with this machine.
 *
 * # Safety
 * The handle is live and the output has room for one. Either may be NULL.
 */
RecscopeStatus recscope_machine_poll_output(RecscopeMachine *machine, RecscopeOutput *output);

/**
 * When to deliver RECSCOPE_INPUT_KIND_TIMEOUT at the latest, and what for; RECSCOPE_NEVER where
 * the machine waits for nothing. A deadline in the past is due now.
 *
 * # Safety
 * The handle is live and the reason has room for one. Either may be NULL.
 */
uint64_t recscope_machine_poll_timeout(const RecscopeMachine *machine, RecscopeText *reason);

/**
 * The name and the state of a machine's part, from part 0 on, as its diagram calls them. Fails
 * with RECSCOPE_STATUS_BAD_VALUE where there is no such part.
 *
 * # Safety
 * The handle is live, and each text has room for one. All may be NULL.
 */
RecscopeStatus recscope_machine_state(const RecscopeMachine *machine,
                                      size_t part,
                                      RecscopeText *name,
                                      RecscopeText *state);

/**
 * Ends a machine, without a word to anybody: order it to stop before.
 *
 * # Safety
 * The handle is live or NULL, and is not used after this.
 */
void recscope_machine_free(RecscopeMachine *machine);

/**
 * The usual settings: 8 KiB at once.
 */
RecscopePlaybackConfig recscope_playback_config(void);

/**
 * Makes the machine that plays recordings from a USB drive (BX-L7). It says how long one is, and
 * then lets the host play the sound of a block whenever one is due, whatever time its blocks last.
 *
 * Commands: PLAY, with the file's name; PAUSE, RESUME, STOP; SEEK, with the second. Inputs besides:
 * TIMEOUT, FILE_OPENED, FILE_DATA, FILE_FAILED, DRIVE_REMOVED.
 *
 * # Safety
 * There is room for a handle. Either may be NULL.
 */
RecscopeStatus recscope_playback_new(const RecscopePlaybackConfig *config,
                                     RecscopeMachine **machine);

/**
 * Makes the writer of a recording whose blocks each have so many bytes and last so many units of
 * the RTP clock.
 *
 * # Safety
 * The codec ends with NUL, and there is room for a handle. Either may be NULL.
 */
RecscopeStatus recscope_recording_writer_new(const char *codec,
                                             uint32_t rtp_len,
                                             uint32_t increment,
                                             RecscopeRecordingWriter **writer);

/**
 * The header as it should stand in the file now: RECSCOPE_HEADER_BYTES.
 *
 * # Safety
 * The handle is live, and the header has room. Either may be NULL.
 */
RecscopeStatus recscope_recording_writer_header(const RecscopeRecordingWriter *writer,
                                                uint8_t *header);

/**
 * Counts a block that the caller appends to the file, and says what is then to be overwritten in
 * the header. Not to be appended where the status is BAD_VALUE (its length) or FULL.
 *
 * # Safety
 * The handle is live, the block has len bytes, and there is room for a patch. Each may be NULL.
 */
RecscopeStatus recscope_recording_writer_append(RecscopeRecordingWriter *writer,
                                                const uint8_t *block,
                                                size_t len,
                                                RecscopePatch *patch);

/**
 * What brings the header up to date: for a pause, and for the end.
 *
 * # Safety
 * The handle is live, and there is room for a patch. Either may be NULL.
 */
RecscopeStatus recscope_recording_writer_patch(const RecscopeRecordingWriter *writer,
                                               RecscopePatch *patch);

/**
 * Ends a writer.
 *
 * # Safety
 * The handle is live or NULL, and is not used after this.
 */
void recscope_recording_writer_free(RecscopeRecordingWriter *writer);

/**
 * Makes a reader of a file of so many bytes; UINT64_MAX where that is not known.
 *
 * # Safety
 * There is room for a handle, or it is NULL.
 */
RecscopeStatus recscope_recording_reader_new(uint64_t size, RecscopeRecordingReader **reader);

/**
 * Takes some of the bytes and gives the next step. Call it again with the rest until it needs more
 * or is at the end. Fails with MALFORMED where the header makes no sense; there is no going on
 * then.
 *
 * # Safety
 * The handle is live, bytes are len, the others have room for one. Each may be NULL, and the
 * problem need not be told.
 */
RecscopeStatus recscope_recording_reader_push(RecscopeRecordingReader *reader,
                                              const uint8_t *bytes,
                                              size_t len,
                                              size_t *consumed,
                                              RecscopeRecordingStep *step,
                                              RecscopeProblem *problem);

/**
 * Says that the file is over, where its size was not known: push nothing until the end then.
 *
 * # Safety
 * The handle is live or NULL.
 */
RecscopeStatus recscope_recording_reader_end(RecscopeRecordingReader *reader);

/**
 * Ends a reader and sums up the file. The handle is gone after this, whatever the status.
 *
 * # Safety
 * The handle is live or NULL, and is not used after this; the others have room for one. Each may
 * be NULL, and the problem need not be told.
 */
RecscopeStatus recscope_recording_reader_finish(RecscopeRecordingReader *reader,
                                                RecscopeRecordingSummary *summary,
                                                RecscopeProblem *problem);

/**
 * The usual settings: A-law, and no server yet.
 */
RecscopeServerConfig recscope_server_config(void);

/**
 * Makes the machine that has calls recorded by a record server.
 *
 * Commands: START with a call, STOP, CALL_ENDED. Inputs besides: AUDIO of both sides during the
 * call, TCP_CONNECTED and the like, TIMEOUT.
 *
 * # Safety
 * The codec ends with NUL, and there is room for a handle. Each pointer may be NULL.
 */
RecscopeStatus recscope_server_new(const RecscopeServerConfig *config, RecscopeMachine **machine);

/**
 * What a status means: a text without a full stop that ends with NUL and lives forever.
 */
const char *recscope_status_message(int32_t status);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* RECSCOPE_H */
