package io.sereno.spring;

import java.lang.reflect.Method;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.scheduling.annotation.Async;

/** Which methods an annotation can guard, and what a method returns that is not run. */
final class Skipping {
    private Skipping() {}

    /** Fails if the caller cannot tell a skipped call from a result. */
    static void requireNoPrimitiveResult(Method method, String annotation) {
        Class<?> type = method.getReturnType();
        if (type.isPrimitive() && type != void.class) {
            throw new IllegalStateException(annotation + " on " + method + ": a call that is skipped has no " + type
                    + " to return; void, an object or an Optional is accepted");
        }
    }

    /** Fails if the work goes on when the method has returned. */
    static void requireEndsWithItsReturn(Method method, String annotation) {
        Class<?> type = method.getReturnType();
        boolean later = Future.class.isAssignableFrom(type)
                || CompletionStage.class.isAssignableFrom(type)
                || isPublisher(type);
        if (later && !AnnotatedElementUtils.hasAnnotation(method, Async.class)) {
            throw new IllegalStateException(annotation + " on " + method
                    + ": its work may go on when it has returned, and the right would be gone; a method that returns when"
                    + " its work is done is accepted, or one with @Async");
        }
    }

    private static boolean isPublisher(@Nullable Class<?> type) {
        if (type == null) {
            return false;
        }
        if (type.getName().equals("org.reactivestreams.Publisher")) {
            return true;
        }
        for (Class<?> face : type.getInterfaces()) {
            if (isPublisher(face)) {
                return true;
            }
        }
        return isPublisher(type.getSuperclass());
    }

    /** What a method of this type returns if it is not run. */
    static @Nullable Object result(Class<?> type) {
        if (type == Optional.class) {
            return Optional.empty();
        }
        if (type == OptionalInt.class) {
            return OptionalInt.empty();
        }
        if (type == OptionalLong.class) {
            return OptionalLong.empty();
        }
        return type == OptionalDouble.class ? OptionalDouble.empty() : null;
    }
}
