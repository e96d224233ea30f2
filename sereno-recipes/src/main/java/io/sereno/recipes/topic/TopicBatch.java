package io.sereno.recipes.topic;

import io.sereno.UnreadableEntryException;
import io.sereno.recipes.kernel.Quote;
import io.sereno.spi.Bytes;
import io.sereno.spi.Entry;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.IntBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A batch: messages that were published together, in one entry that is named by the offset of the first message. The value is a text head,
 * an empty line, and the messages one after the other:
 *
 * <pre>
 * sereno/1 batch
 * stream 4211
 * id k3jf93hf-1c
 * node app-7-4211
 * at 1795426496123
 * after k3jf93hf-1b
 * sizes 128 128 12
 * </pre>
 *
 * <p>{@code id} is unique per batch, so that a publisher recognizes its own. {@code after} is the id of the previous batch, so that a
 * reader detects that the store has lost what it read; the line is left out if there is no previous batch or its id is unknown. Immutable.
 *
 * @param first the offset of the first message
 * @param revision the createRevision of the entry
 * @param after the id of the previous batch; empty if that is not known
 * @param ends where each message ends in the value
 */
public record TopicBatch(
        long stream,
        long first,
        long revision,
        String id,
        String after,
        String publisher,
        Instant publishedAt,
        IntBuffer ends,
        int bodyStart,
        ByteBuffer value) {
    /** All offsets have this many digits, so that the order of the names is that of the offsets. */
    private static final int DIGITS = 20;

    private static final String FIRST_LINE = "sereno/1 batch\n";
    /** Size of a head without the node id and the sizes. */
    private static final int PLAIN_HEAD_BYTES = 200;
    /** Size of the objects around a value, so that many small batches are bounded too. */
    private static final int OVERHEAD_BYTES = 256;

    public static String nameOf(long offset) {
        String digits = Long.toString(offset);
        return "0".repeat(DIGITS - digits.length()) + digits;
    }

    static boolean isBatch(Entry entry) {
        return entry.name().length() == DIGITS && Character.isDigit(entry.name().charAt(0));
    }

    /** The maximum size of a batch without its messages and {@link #sizeBytes their sizes}. */
    static int headBytes(String nodeId) {
        return PLAIN_HEAD_BYTES + escape(nodeId).length();
    }

    /** The size of a message's number in the line of sizes. */
    static int sizeBytes(int size) {
        int bytes = 2;
        for (int rest = size; rest >= 10; rest /= 10) {
            bytes++;
        }
        return bytes;
    }

    /** {@code after} is empty if the previous batch is not known. */
    static Bytes encode(long stream, String id, String after, String nodeId, Instant at, List<byte[]> messages) {
        int size = 0;
        StringBuilder head = new StringBuilder(PLAIN_HEAD_BYTES + 8 * messages.size())
                .append(FIRST_LINE)
                .append("stream ")
                .append(stream)
                .append("\nid ")
                .append(id)
                .append("\nnode ")
                .append(escape(nodeId))
                .append("\nat ")
                .append(at.toEpochMilli());
        if (!after.isEmpty()) {
            head.append("\nafter ").append(after);
        }
        head.append("\nsizes");
        for (byte[] message : messages) {
            head.append(' ').append(message.length);
            size += message.length;
        }
        byte[] text = head.append("\n\n").toString().getBytes(StandardCharsets.US_ASCII);
        ByteBuffer value = ByteBuffer.allocate(text.length + size).put(text);
        messages.forEach(value::put);
        return Bytes.copyOf(value.array());
    }

    static TopicBatch decode(Entry entry) {
        try {
            return parse(entry);
        } catch (IllegalArgumentException | IndexOutOfBoundsException | ArithmeticException unreadable) {
            throw malformed(entry, unreadable);
        }
    }

    private static TopicBatch parse(Entry entry) {
        ByteBuffer value = entry.value().asReadOnlyBuffer();
        long stream = 0;
        String id = "";
        String after = "";
        String publisher = "";
        Instant publishedAt = Instant.EPOCH;
        int @Nullable [] sizes = null;
        int start = 0;
        while (true) {
            int end = endOfLine(value, start, entry);
            if (end == start) {
                break;
            }
            String line = text(value, start, end);
            int blank = line.indexOf(' ');
            String rest = line.substring(blank + 1);
            switch (blank < 0 ? line : line.substring(0, blank)) {
                case "stream" -> stream = Long.parseLong(rest);
                case "id" -> id = rest;
                case "after" -> after = rest;
                case "node" -> publisher = URLDecoder.decode(rest, StandardCharsets.UTF_8);
                case "at" -> publishedAt = Instant.ofEpochMilli(Long.parseLong(rest));
                case "sizes" -> sizes = numbers(rest);
                default -> {
                    // The first line, or a line that a later version added.
                }
            }
            start = end + 1;
        }
        int body = start + 1;
        if (sizes == null) {
            throw malformed(entry, null);
        }
        int end = body;
        for (int i = 0; i < sizes.length; i++) {
            if (sizes[i] < 0) {
                throw malformed(entry, null);
            }
            end = Math.addExact(end, sizes[i]);
            sizes[i] = end;
        }
        if (end != value.limit()) {
            throw malformed(entry, null);
        }
        long first = Long.parseLong(entry.name());
        return new TopicBatch(
                stream,
                first,
                entry.createRevision(),
                id,
                after,
                publisher,
                publishedAt,
                IntBuffer.wrap(sizes).asReadOnlyBuffer(),
                body,
                value);
    }

    /** The offset after the last message. */
    long end() {
        return first + ends.limit();
    }

    boolean has(long offset) {
        return first <= offset && offset < end();
    }

    /** Its size in memory. */
    int bytes() {
        return value.limit() + OVERHEAD_BYTES;
    }

    /** A copy of one message. */
    byte[] message(long offset) {
        int index = Math.toIntExact(offset - first);
        int start = index == 0 ? bodyStart : ends.get(index - 1);
        byte[] octets = new byte[ends.get(index) - start];
        value.get(start, octets);
        return octets;
    }

    private static int endOfLine(ByteBuffer value, int start, Entry entry) {
        for (int i = start; i < value.limit(); i++) {
            if (value.get(i) == '\n') {
                return i;
            }
        }
        throw malformed(entry, null);
    }

    private static String text(ByteBuffer value, int start, int end) {
        byte[] octets = new byte[end - start];
        value.get(start, octets);
        return new String(octets, StandardCharsets.US_ASCII);
    }

    private static int[] numbers(String text) {
        int count = 1;
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) == ' ') {
                count++;
            }
        }
        int[] numbers = new int[count];
        int start = 0;
        for (int i = 0; i < count; i++) {
            int end = text.indexOf(' ', start);
            numbers[i] = Integer.parseInt(text, start, end < 0 ? text.length() : end, 10);
            start = end + 1;
        }
        return numbers;
    }

    private static String escape(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static UnreadableEntryException malformed(Entry entry, @Nullable RuntimeException cause) {
        return new UnreadableEntryException(
                "entry " + Quote.of(entry.name()) + " is not a batch of messages of a format that is known here; only"
                        + " Sereno may write here, in this version or a compatible one",
                cause);
    }
}
