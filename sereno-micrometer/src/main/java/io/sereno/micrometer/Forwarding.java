package io.sereno.micrometer;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Stands for an object of Sereno's API, and forwards the calls of all its methods. A subclass changes what some methods
 * do, so that the interfaces of the API may grow.
 */
abstract class Forwarding implements InvocationHandler {
    final Object target;

    Forwarding(Object target) {
        this.target = target;
    }

    /** An object with the interfaces of {@code handler.target} that are part of Sereno's API. */
    static Object proxy(Forwarding handler) {
        Set<Class<?>> interfaces = new LinkedHashSet<>();
        collect(handler.target.getClass(), interfaces);
        return Proxy.newProxyInstance(
                SerenoObservations.class.getClassLoader(), interfaces.toArray(new Class<?>[0]), handler);
    }

    private static void collect(@Nullable Class<?> type, Set<Class<?>> interfaces) {
        if (type == null) {
            return;
        }
        for (Class<?> each : type.getInterfaces()) {
            if (each.getPackageName().equals("io.sereno")) {
                interfaces.add(each);
            }
            collect(each, interfaces);
        }
        collect(type.getSuperclass(), interfaces);
    }

    /** What the method does. Default: forwards. */
    @Nullable
    Object call(Method method, Object[] arguments) throws Throwable {
        return forward(method, arguments);
    }

    final @Nullable Object forward(Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    @Override
    public final @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] given) throws Throwable {
        Object[] arguments = given == null ? new Object[0] : given;
        if (method.getName().equals("equals") && method.getDeclaringClass() == Object.class) {
            return arguments[0] != null
                    && Proxy.isProxyClass(arguments[0].getClass())
                    && Proxy.getInvocationHandler(arguments[0]) instanceof Forwarding other
                    && target.equals(other.target);
        }
        return call(method, arguments);
    }
}
