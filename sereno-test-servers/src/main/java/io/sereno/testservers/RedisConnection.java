package io.sereno.testservers;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The part of Redis's protocol that is needed to administer a server: one command, one reply. */
final class RedisConnection implements AutoCloseable {
    /** An error reply: the server got the command and refused it. */
    static final class ErrorReply extends IOException {
        private static final long serialVersionUID = 1L;

        ErrorReply(String message) {
            super(message);
        }
    }

    private static final int TIMEOUT_MILLIS = 2_000;

    private final Socket socket = new Socket();
    private final InputStream in;

    RedisConnection(InetSocketAddress endpoint) throws IOException {
        try {
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.connect(endpoint, TIMEOUT_MILLIS);
            in = new BufferedInputStream(socket.getInputStream());
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** The reply as text; for a list, one line per element. */
    String send(String... command) throws IOException {
        ByteArrayOutputStream request = new ByteArrayOutputStream();
        request.writeBytes(ascii("*" + command.length + "\r\n"));
        for (String word : command) {
            byte[] bytes = word.getBytes(StandardCharsets.UTF_8);
            request.writeBytes(ascii("$" + bytes.length + "\r\n"));
            request.writeBytes(bytes);
            request.writeBytes(ascii("\r\n"));
        }
        socket.getOutputStream().write(request.toByteArray());
        return reply();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private String reply() throws IOException {
        String head = line();
        String rest = head.substring(1);
        return switch (head.charAt(0)) {
            case '+', ':' -> rest;
            case '-' -> throw new ErrorReply(rest);
            case '$' -> text(Integer.parseInt(rest));
            case '*' -> {
                List<String> elements = new ArrayList<>();
                for (int i = Integer.parseInt(rest); i > 0; i--) {
                    elements.add(reply());
                }
                yield String.join("\n", elements);
            }
            default -> throw new IOException("not a Redis reply: " + head);
        };
    }

    /** A null reply (length -1) reads as empty. */
    private String text(int length) throws IOException {
        if (length < 0) {
            return "";
        }
        byte[] bytes = in.readNBytes(length + 2);
        if (bytes.length < length + 2) {
            throw new EOFException("the server hung up within a reply");
        }
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }

    private String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new EOFException("the server hung up");
            }
            line.write(b);
        }
        String text = line.toString(StandardCharsets.UTF_8).stripTrailing();
        if (text.isEmpty()) {
            throw new IOException("not a Redis reply: an empty line");
        }
        return text;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
