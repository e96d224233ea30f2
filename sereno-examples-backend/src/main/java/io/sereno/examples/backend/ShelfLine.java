package io.sereno.examples.backend;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;

/** One connection to a server of shelves: a socket that blocks. */
final class ShelfLine {
    /** Writes the arguments of a request. */
    @FunctionalInterface
    interface Question {
        void to(DataOutputStream out) throws IOException;
    }

    /** Reads the answer to a request. */
    @FunctionalInterface
    interface Answer<T> {
        T from(DataInputStream in) throws IOException;
    }

    /** The server has answered that it does not do this, and the connection can be used again. No repetition helps. */
    static final class RefusedException extends IOException {
        private static final long serialVersionUID = 1L;

        RefusedException(String message) {
            super(message);
        }
    }

    private final Socket socket = new Socket();
    private final DataInputStream in;
    private final DataOutputStream out;

    /** Connects and greets; each step within the limit, except that Java resolves names for as long as the system does. */
    ShelfLine(InetSocketAddress server, String namespace, Duration limit) throws IOException {
        int millis = (int) Math.max(1, Math.min(limit.toMillis(), Integer.MAX_VALUE));
        try {
            socket.connect(new InetSocketAddress(server.getHostString(), server.getPort()), millis);
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(millis);
            in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
            out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream()));
            out.writeLong(Wire.GREETING);
            out.writeUTF(namespace);
            out.flush();
            if (in.readLong() != Wire.GREETING) {
                throw new RefusedException("the server does not speak version 1 of the protocol of shelves");
            }
            // From here on the deadline of each call ends what takes too long.
            socket.setSoTimeout(0);
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    /** One request, and its answer or the server's refusal. */
    <T> T ask(Wire.Request request, Question question, Answer<T> answer) throws IOException {
        out.writeByte(request.number);
        question.to(out);
        out.flush();
        if (in.readBoolean()) {
            return answer.from(in);
        }
        throw new RefusedException(in.readUTF());
    }

    /** What the server sends by itself. */
    <T> T next(Answer<T> answer) throws IOException {
        return answer.from(in);
    }

    /** Whether the server has not closed the connection: nothing can be read from it while no request is under way. */
    boolean isOpen() throws IOException {
        socket.setSoTimeout(1);
        try {
            in.readByte();
            return false;
        } catch (SocketTimeoutException e) {
            return true;
        } finally {
            socket.setSoTimeout(0);
        }
    }

    /** For the first connection. */
    boolean requireOpen() throws IOException {
        if (!isOpen()) {
            throw new EOFException("the server has closed the connection");
        }
        return true;
    }

    void close() throws IOException {
        socket.close();
    }
}
